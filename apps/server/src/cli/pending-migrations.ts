import { DataSource } from 'typeorm';
import { type DatabaseUse, dataSourceOptions } from '../database/data-source-options.js';
import { migrationsRun } from '../database/move-into-schema.js';

/** Connects, and leaves the schema as it is. @throws Error of the driver when the database does not let us in */
export function connectOnly(url: string, use: DatabaseUse): Promise<DataSource> {
  return new DataSource(dataSourceOptions(url, { ...use, pool: 2, prepare: false })).initialize();
}

/** The migrations that the database does not have yet, in their order. Reads only. */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const ran = new Set(await migrationsRun(dataSource));
  return dataSource.migrations
    .map((migration) => migration.name ?? migration.constructor.name)
    .filter((name) => !ran.has(name));
}
