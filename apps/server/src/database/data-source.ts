import { setTimeout as sleep } from 'node:timers/promises';
import { schemaName } from '@scan-login/nest/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { problemOf } from '../http/problem-of.js';
import { type DatabaseUse, dataSourceOptions } from './data-source-options.js';
import { ServerDataSource } from './server-data-source.js';

/** Held while migrating, so that instances that start at once take turns. An arbitrary constant of ours. */
const MIGRATION_LOCK = 7_310_000;
const PATIENCE_MS = 30_000;

/**
 * Connects and brings the schema up to date. A database that is only just starting is waited for.
 * @throws Error when it cannot be reached in time, or will not let us in
 */
export async function openDataSource(url: string, use: DatabaseUse, log: Logger): Promise<DataSource> {
  await migrate(url, use, log);
  return new DataSource(dataSourceOptions(url, use)).initialize();
}

/** On connections of its own, without the time-outs that calls have: however long it takes, that is what we wait for. */
async function migrate(url: string, use: DatabaseUse, log: Logger): Promise<void> {
  const dataSource = new ServerDataSource({
    ...dataSourceOptions(url, use),
    extra: { max: 2, connectionTimeoutMillis: 5_000 },
  });
  await connect(dataSource, log);
  const lock = dataSource.createQueryRunner();
  try {
    // The lock is that of a transaction and not of a connection: behind a pooler, unlocking might reach another one, and
    // no instance could ever start again.
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
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(1000)) {
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
