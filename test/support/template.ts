/** The database that was migrated once; each test file gets a copy of it. */
export const TEMPLATE = 'scan_login_template';

/** The URL of another database on the same server. */
export function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
