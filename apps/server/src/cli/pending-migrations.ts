import { schemaName } from '@scan-login/nest/common';
import { DataSource } from 'typeorm';
import { type DatabaseUse, dataSourceOptions } from '../database/data-source-options.js';
import { explained } from '../database/database-refusal.js';
import { migrationsRun } from '../database/move-into-schema.js';

/** Connects without changing the schema. @throws DatabaseRefusal; Error of the driver when the connection fails */
export async function connectOnly(url: string, use: DatabaseUse): Promise<DataSource> {
  const dataSource = new DataSource(dataSourceOptions(url, { ...use, pool: 2, prepare: false }));
  return dataSource.initialize().catch((error: unknown) => {
    throw explained(error, url, schemaName());
  });
}

/** The migrations that have not run yet, in order. Only reads. */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const ran = new Set(await migrationsRun(dataSource));
  return dataSource.migrations
    .map((migration) => migration.name ?? migration.constructor.name)
    .filter((name) => !ran.has(name));
}
