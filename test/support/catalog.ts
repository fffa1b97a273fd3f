import { query } from './database.js';

/** A fact of the database's catalog about a part of a table. */
interface Line {
  table: string;
  what: string;
}

/** Columns, constraints, indexes and storage of the tables of a schema, as sorted lines without the schema's name. */
export async function catalogOf(url: string, schema: string): Promise<string[]> {
  const lines: Line[] = await query(
    url,
    `WITH tables AS (
       SELECT pg_class.oid, relname, relpersistence, reloptions FROM pg_class
       JOIN pg_namespace ON pg_namespace.oid = relnamespace
       WHERE nspname = '${schema}' AND relkind = 'r' AND relname <> 'migrations'
     )
     SELECT relname AS table, 'persistence ' || relpersistence::text || ' ' || coalesce(reloptions::text, '') AS what FROM tables
     UNION ALL
     SELECT relname, concat_ws(' ', 'column', attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' END,
                               'identity ' || nullif(attidentity::text, ''), pg_get_expr(adbin, adrelid))
     FROM tables JOIN pg_attribute ON attrelid = oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     WHERE attnum > 0 AND NOT attisdropped
     UNION ALL
     SELECT relname, 'constraint ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
     FROM tables JOIN pg_constraint ON conrelid = tables.oid
     UNION ALL
     SELECT relname, 'index ' || pg_get_indexdef(indexrelid) FROM tables JOIN pg_index ON indrelid = tables.oid`,
  );
  return lines.map(({ table, what }) => `${table} ${what.replaceAll(`${schema}.`, '')}`).sort();
}

export async function tablesOf(url: string, schema: string): Promise<string[]> {
  const tables = await query(url, `SELECT tablename FROM pg_tables WHERE schemaname = '${schema}' ORDER BY 1`);
  return tables.map(({ tablename }) => tablename as string);
}

/** How many rows each table of a schema has. */
export async function countsOf(url: string, schema: string): Promise<Record<string, number>> {
  const counts: [string, number][] = [];
  for (const table of await tablesOf(url, schema)) {
    const [{ count }] = (await query(url, `SELECT count(*)::int FROM "${schema}"."${table}"`)) as [{ count: number }];
    counts.push([table, count]);
  }
  return Object.fromEntries(counts);
}
