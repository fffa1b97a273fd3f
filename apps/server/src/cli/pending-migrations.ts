import { DataSource, MigrationExecutor } from 'typeorm';
import { dataSourceOptions } from '../database/data-source-options.js';

/** Connects, and leaves the schema as it is. @throws Error of the driver when the database does not let us in */
export function connectOnly(url: string): Promise<DataSource> {
  return new DataSource(dataSourceOptions(url, { pool: 2, prepare: false })).initialize();
}

/**
 * The migrations that the database does not have yet, in their order. Changes nothing: TypeORM would make its table of
 * migrations to answer this, so it does that in a transaction that is rolled back.
 */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  try {
    const pending = await new MigrationExecutor(dataSource, runner).getPendingMigrations();
    return pending.map(({ name }) => name);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}
