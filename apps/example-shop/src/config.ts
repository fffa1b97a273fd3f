const required = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}`);
  return value;
};

const port = Number(process.env['PORT'] ?? 3000);

export const config = {
  port,
  adapter: process.env['ADAPTER'] === 'fastify' ? 'fastify' : 'express',
  /** Where phones and browsers reach the shop, without the global prefix. */
  publicUrl: process.env['PUBLIC_URL'] ?? `http://localhost:${port}`,
  databaseUrl: required('DATABASE_URL'),
  /** At least 32 characters; for example from `openssl rand -base64 33`. */
  secret: required('SCAN_LOGIN_SECRET'),
} as const;
