import { Client } from 'pg';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './start.js';

/** Held by the process that owns the server. An arbitrary constant of ours. */
const OWNER_LOCK = 7_310_002;

/** Another living process owns the server on this directory. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';

  constructor(readonly directory: string) {
    super(`Another process is using the PostgreSQL in ${directory}`);
  }
}

/**
 * Starts the server, or adopts it, as its only owner; `stop` ends both. The ownership ends with this process, however
 * it ends, and the server then waits for the next owner.
 * @throws DirectoryInUse; else as `startEmbeddedPostgres`
 */
export async function ownEmbeddedPostgres(
  dir: string,
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(dir, options);
  const owner = await lockOf(postgres.url);
  if (!owner) throw new DirectoryInUse(dir); // the server is not ours to stop
  return {
    ...postgres,
    stop: async () => {
      await owner.end();
      await postgres.stop();
    },
  };
}

/** A lock that dies with this process. @returns the connection that holds it, or undefined where another one does */
async function lockOf(url: string): Promise<Client | undefined> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {}); // when the database goes down, those who query it are told
  await client.connect();
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [OWNER_LOCK]);
  if (rows[0]!.mine) return client;
  await client.end();
  return undefined;
}
