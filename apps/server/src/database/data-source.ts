import { setTimeout as sleep } from 'node:timers/promises';
import { schemaName } from '@scan-login/nest/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { problemOf } from '../http/problem-of.js';
import { type DatabaseUse, dataSourceOptions } from './data-source-options.js';
import { ServerDataSource } from './server-data-source.js';

/** Advisory lock held while migrating, so that instances that start at once take turns. An arbitrary constant. */
const MIGRATION_LOCK = 7_310_000;
const TIMEOUT_MS = 30_000;

/**
 * Runs pending migrations and connects. Waits for a database that is still starting.
 * @throws Error when the database cannot be reached in time, or refuses the connection
 */
export async function openDataSource(url: string, use: DatabaseUse, log: Logger): Promise<DataSource> {
  await migrate(url, use, log);
  return new DataSource(dataSourceOptions(url, use)).initialize();
}

/** Migrates on connections of its own, without the time limits of calls: a migration may take as long as it needs. */
async function migrate(url: string, use: DatabaseUse, log: Logger): Promise<void> {
  const dataSource = new ServerDataSource({
    ...dataSourceOptions(url, use),
    extra: { max: 2, connectionTimeoutMillis: 5_000 },
  });
  await connect(dataSource, log);
  const lock = dataSource.createQueryRunner();
  try {
    // The lock belongs to a transaction, not to a connection: behind a pooler, the unlock could reach another
    // connection, and then no instance could start any more.
    await lock.startTransaction();
    await lock.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const done = await dataSource.runMigrations();
    const { moved } = dataSource;
    if (moved.length > 0) log.info({ event: 'database.moved', schema: schemaName(), tables: moved });
    for (const { name } of done) log.info({ event: 'database.migrated', migration: name });
    await lock.commitTransaction();
  } finally {
    if (lock.isTransactionActive) await lock.rollbackTransaction().catch(() => {});
    await lock.release();
    await dataSource.destroy();
  }
}

async function connect(dataSource: DataSource, log: Logger): Promise<void> {
  for (const until = Date.now() + TIMEOUT_MS; ; await sleep(1000)) {
    try {
      await dataSource.initialize();
      return;
    } catch (err) {
      const isAway = problemOf(err).code === 'unavailable';
      if (!isAway || Date.now() > until) throw err;
      log.warn({ event: 'database.awaited', msg: 'The database cannot be reached yet', err });
    }
  }
}
