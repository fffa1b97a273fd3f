import { setTimeout as sleep } from 'node:timers/promises';
import { schemaName } from '@scan-login/nest/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { problemOf } from '../http/problem-of.js';
import { reasonOf } from '../reason-of.js';
import { type DatabaseUse, dataSourceOptions } from './data-source-options.js';
import { explained, withoutPassword } from './database-refusal.js';
import { ServerDataSource } from './server-data-source.js';

/** Advisory lock held while migrating, so that instances that start at once take turns. An arbitrary constant. */
const MIGRATION_LOCK = 7_310_000;
/** How long a database that cannot be reached is waited for, how often that is tried, and how often it is said. */
const TRY_FOR_S = 30;
const TRY_EVERY_S = 1;
const SAY_EVERY_S = 5;

const CHECK = 'Check that PostgreSQL runs there, and host and port in DATABASE_URL.';

/**
 * Runs pending migrations and connects. Waits for a database that is still starting.
 * @throws DatabaseRefusal; Error when the database cannot be reached in time
 */
export async function openDataSource(url: string, use: DatabaseUse, log: Logger): Promise<DataSource> {
  await migrate(url, use, log).catch((error: unknown) => {
    throw explained(error, url, schemaName());
  });
  return new DataSource(dataSourceOptions(url, use)).initialize();
}

/** Migrates on connections of its own, without the time limits of calls: a migration may take as long as it needs. */
async function migrate(url: string, use: DatabaseUse, log: Logger): Promise<void> {
  const dataSource = new ServerDataSource({
    ...dataSourceOptions(url, use),
    extra: { max: 2, connectionTimeoutMillis: 5_000 },
  });
  await connect(dataSource, url, log);
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

async function connect(dataSource: DataSource, url: string, log: Logger): Promise<void> {
  const place = `The database at ${withoutPassword(url)} (DATABASE_URL) cannot be reached`;
  const began = performance.now();
  for (let saidAt = -SAY_EVERY_S; ; await sleep(TRY_EVERY_S * 1000)) {
    try {
      await dataSource.initialize();
      return;
    } catch (cause) {
      if (problemOf(cause).code !== 'unavailable') throw cause;
      const reason = reasonOf(cause);
      const elapsed = Math.floor((performance.now() - began) / 1000);
      if (elapsed >= TRY_FOR_S) {
        throw new Error(`${place}: ${reason}. Tried for ${TRY_FOR_S} s. ${CHECK}`, { cause });
      }
      if (elapsed - saidAt < SAY_EVERY_S) continue;
      saidAt = elapsed;
      const msg = `${place}: ${reason}. Trying for another ${TRY_FOR_S - elapsed} s`;
      log.warn({ event: 'database.awaited', msg });
    }
  }
}
