import fs from 'node:fs';
import path from 'node:path';
import type { DirectoryInUse } from '@scan-login/embedded-postgres';
import type { Logger } from 'pino';
import type { Config } from '../config.js';

/** The server's role in its embedded database. */
const ROLE = 'scan_login';

/** Where the database is, and how to release it at the end. */
export interface DatabaseHome {
  url: string;
  isEmbedded: boolean;
  close(): Promise<void>;
}

/**
 * The configured database, or an embedded one under DATA_DIR.
 * @throws Error when the embedded database cannot start, or another server is using it
 */
export async function findDatabase(config: Config, log: Logger): Promise<DatabaseHome> {
  if (config.DATABASE_URL) return configured(config.DATABASE_URL);
  const { ownEmbeddedPostgres } = await embedded();
  try {
    const postgres = await ownEmbeddedPostgres(embeddedDirectory(config), { role: ROLE, log });
    return { url: postgres.url, isEmbedded: true, close: () => postgres.stop() };
  } catch (error) {
    if ((error as DirectoryInUse).name !== 'DirectoryInUse') throw withAdvice(error);
    throw new Error(
      `Another server is using ${config.DATA_DIR}: stop it, or give this one another DATA_DIR (or a DATABASE_URL)`,
      { cause: error },
    );
  }
}

/** The same database for a command that may run beside the server. It shares the database without owning it. */
export async function reachDatabase(config: Config): Promise<DatabaseHome> {
  if (config.DATABASE_URL) return configured(config.DATABASE_URL);
  const { startEmbeddedPostgres } = await embedded();
  const postgres = await startEmbeddedPostgres(embeddedDirectory(config), { role: ROLE }).catch((error: unknown) => {
    throw withAdvice(error);
  });
  return { url: postgres.url, isEmbedded: true, close: async () => (postgres.adopted ? undefined : postgres.stop()) };
}

/** True before the first start with an embedded database. A command that only reads must not create it. */
export function isStillToBeMade(config: Config): boolean {
  return !config.DATABASE_URL && !fs.existsSync(path.join(embeddedDirectory(config), 'data'));
}

export function embeddedDirectory({ DATA_DIR }: Config): string {
  return path.join(DATA_DIR, 'postgres');
}

function configured(url: string): DatabaseHome {
  return { url, isEmbedded: false, close: async () => {} };
}

function withAdvice(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${reason}\nOr set DATABASE_URL to a PostgreSQL of your own.`, { cause });
}

/** Loaded only when needed: a production image does not contain it. */
async function embedded(): Promise<typeof import('@scan-login/embedded-postgres')> {
  try {
    return await import('@scan-login/embedded-postgres');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error('No embedded PostgreSQL is installed here: set DATABASE_URL', { cause: error });
  }
}
