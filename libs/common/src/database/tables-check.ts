import { Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import sql from 'sql-template-tag';
import type { DataSource } from 'typeorm';
import { rows } from './rows.js';
import { schemaName } from './schema.js';
import { isOurs } from './table.js';

/** How many missing tables and columns the error names. */
const MOST_NAMED = 10;

const Checked = Symbol('TablesChecked');

/** Optional, because where there is none the module that imports this says so. */
const OUR_DATA_SOURCE = { token: getDataSourceToken(), optional: true };

/** Imported by every module with tables: the application does not start before the migrations have run. */
@Module({ providers: [{ provide: Checked, inject: [OUR_DATA_SOURCE], useFactory: checkTables }] })
export class TablesModule {}

/**
 * Compares the tables in the database with our entities in the data source, in one query.
 * @throws Error naming what is missing, and how to get it
 */
async function checkTables(db?: DataSource): Promise<true> {
  if (!db) return true;
  const schema = schemaName();
  const found = await rows<{ table: string; columns: string[] }>(
    db,
    sql`SELECT relname AS table, array_agg(attname::text) AS columns
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE nspname = ${schema} AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
        GROUP BY relname`,
  );
  const columnsOf = new Map(found.map(({ table, columns }) => [table, new Set(columns)]));
  const missing = db.entityMetadatas
    .filter(({ target }) => isOurs(target))
    .flatMap(({ tableName, columns }) => {
      const present = columnsOf.get(tableName);
      if (!present) return [tableName];
      return columns
        .filter(({ databaseName }) => !present.has(databaseName))
        .map((each) => `${tableName}.${each.databaseName}`);
    });
  if (missing.length === 0) return true;
  const named = missing.toSorted().slice(0, MOST_NAMED).join(', ');
  throw new Error(
    `The tables of @scan-login/nest are missing or older than this version (schema ${schema}, missing: ${named}${missing.length > MOST_NAMED ? ', …' : ''}). ` +
      'Add MIGRATIONS of @scan-login/nest/migrations to the migrations of your DataSource, and PASSWORD_ACCOUNTS_MIGRATIONS ' +
      'where you use its password accounts, and run them: `typeorm migration:run`, or `migrationsRun: true`. ' +
      'Another schema is chosen by useSchema() of @scan-login/nest/common.',
  );
}
