import fs from 'node:fs';
import path from 'node:path';
import type { DirectoryInUse } from '@scan-login/embedded-postgres';
import type { Logger } from 'pino';
import type { Config } from '../config.js';

/** Of the server in its embedded database. */
const ROLE = 'scan_login';

/** Where the database is, and what to do with it at the end. */
export interface DatabaseHome {
  url: string;
  isEmbedded: boolean;
  close(): Promise<void>;
}

/**
 * The configured database, or an embedded one under DATA_DIR.
 * @throws Error when the embedded one cannot start, or another server is using it
 */
export async function findDatabase(config: Config, log: Logger): Promise<DatabaseHome> {
  if (config.DATABASE_URL) return configured(config.DATABASE_URL);
  const { ownEmbeddedPostgres } = await embedded();
  try {
    const postgres = await ownEmbeddedPostgres(embeddedDirectory(config), { role: ROLE, log });
    return { url: postgres.url, isEmbedded: true, close: () => postgres.stop() };
  } catch (error) {
    if ((error as DirectoryInUse).name !== 'DirectoryInUse') throw withAWayOut(error);
    throw new Error(
      `Another server is using ${config.DATA_DIR}: stop it, or give this one another DATA_DIR (or a DATABASE_URL)`,
      { cause: error },
    );
  }
}

/** The same database for a program that runs beside the server, or without one: it shares it, and owns nothing. */
export async function reachDatabase(config: Config): Promise<DatabaseHome> {
  if (config.DATABASE_URL) return configured(config.DATABASE_URL);
  const { startEmbeddedPostgres } = await embedded();
  const postgres = await startEmbeddedPostgres(embeddedDirectory(config), { role: ROLE }).catch((error: unknown) => {
    throw withAWayOut(error);
  });
  return { url: postgres.url, isEmbedded: true, close: async () => (postgres.adopted ? undefined : postgres.stop()) };
}

/** There is no embedded database before the first start, and what only reads must not make one. */
export function isStillToBeMade(config: Config): boolean {
  return !config.DATABASE_URL && !fs.existsSync(path.join(embeddedDirectory(config), 'data'));
}

export function embeddedDirectory({ DATA_DIR }: Config): string {
  return path.join(DATA_DIR, 'postgres');
}

function configured(url: string): DatabaseHome {
  return { url, isEmbedded: false, close: async () => {} };
}

function withAWayOut(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${reason}\nOr set DATABASE_URL to a PostgreSQL of your own.`, { cause });
}

/** Loaded where it is used alone: an image for production does without it. */
async function embedded(): Promise<typeof import('@scan-login/embedded-postgres')> {
  try {
    return await import('@scan-login/embedded-postgres');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error('No embedded PostgreSQL is installed here: set DATABASE_URL', { cause: error });
  }
}
