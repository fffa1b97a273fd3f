import path from 'node:path';
import type { Logger } from 'pino';
import { Client } from 'pg';
import type { Config } from '../config.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';

/** Held by the server that uses an embedded database. An arbitrary constant of ours. */
const OWNER_LOCK = 7_310_002;

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
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, isEmbedded: false, close: async () => {} };

  const directory = directoryIn(config);
  log.info({ event: 'database.starting', msg: `Starting the embedded PostgreSQL in ${directory}` });
  const postgres = await startEmbeddedPostgres(directory);
  const owner = await ownership(postgres.url);
  if (!owner) {
    // not ours to stop
    throw new Error(
      `Another server is using ${config.DATA_DIR}: stop it, or give this one another DATA_DIR (or a DATABASE_URL)`,
    );
  }
  return {
    url: postgres.url,
    isEmbedded: true,
    close: async () => {
      await owner.end();
      await postgres.stop();
    },
  };
}

/** The same database for a program that runs beside the server, or without one: it shares it, and owns nothing. */
export async function reachDatabase(config: Config): Promise<DatabaseHome> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, isEmbedded: false, close: async () => {} };
  const postgres = await startEmbeddedPostgres(directoryIn(config));
  return { url: postgres.url, isEmbedded: true, close: async () => (postgres.adopted ? undefined : postgres.stop()) };
}

function directoryIn({ DATA_DIR }: Config): string {
  return path.join(DATA_DIR, 'postgres');
}

/** A lock that dies with this process, however it dies. */
async function ownership(url: string): Promise<Client | undefined> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {}); // the database going down is noticed, and told, by those who query it
  await client.connect();
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [OWNER_LOCK]);
  if (rows[0]!.mine) return client;
  await client.end();
  return undefined;
}
