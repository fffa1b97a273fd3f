import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';

/**
 * A PostgreSQL of our own for the whole run, as durable as a user's: each commit waits for the disk.
 * @param {import('./belongings.mjs').Belongings} belongings
 */
export async function startDatabases(belongings) {
  const { startEmbeddedPostgres } = await import('@scan-login/embedded-postgres');
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-bench-'));
  belongings.add(() => fs.rm(directory, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres(path.join(directory, 'postgres'), {
    durable: true,
    maxConnections: 200,
  });
  belongings.add(() => postgres.stop());
  const admin = new pg.Client({ connectionString: postgres.superuserUrl });
  await admin.connect();
  belongings.add(() => admin.end());
  return {
    directory,
    /** @returns the URL of a new, empty database */
    async make(name) {
      await admin.query(`CREATE DATABASE ${name}`);
      return Object.assign(new URL(postgres.superuserUrl), { pathname: `/${name}` }).href;
    },
    /** Writes everything out, so that no measurement pays for the one before it. */
    async settle() {
      await admin.query('CHECKPOINT');
    },
  };
}

/**
 * What each part of a run gets.
 * @typedef {object} Run
 * @property {import('./belongings.mjs').Belongings} belongings
 * @property {Awaited<ReturnType<typeof startDatabases>>} databases
 * @property {import('./options.mjs').Options} options
 */
