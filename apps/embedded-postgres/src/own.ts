import { Client } from 'pg';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './start.js';

/** Advisory lock of the process that owns the server. An arbitrary constant. */
const OWNER_LOCK = 7_310_002;

/** Another living process owns the server on this directory. */
export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse';

  constructor(readonly directory: string) {
    super(`Another process is using the PostgreSQL in ${directory}`);
  }
}

/**
 * Starts or adopts the server as its only owner. `stop` ends the ownership and the server. If this process ends without
 * `stop`, the ownership ends and the server keeps running for the next owner.
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

/** Takes a lock that ends with this process. @returns the connection that holds it, or undefined if another one does */
async function lockOf(url: string): Promise<Client | undefined> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {}); // when the database goes down, its queries fail; this listener keeps the process alive
  await client.connect();
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [OWNER_LOCK]);
  if (rows[0]!.mine) return client;
  await client.end();
  return undefined;
}
