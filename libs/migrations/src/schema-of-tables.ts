import { schemaName } from '@scan-login/nest/common';
import { type EntityManager, QueryFailedError, type QueryRunner } from 'typeorm';

/** PostgreSQL's insufficient_privilege. */
const MAY_NOT = '42501';

/**
 * Creates the schema unless it exists.
 * @returns its name
 * @throws Error when the role may not create it
 */
export async function ensureSchema(db: QueryRunner | EntityManager): Promise<string> {
  const schema = schemaName();
  const found = (await db.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])) as unknown[];
  if (found.length > 0) return schema;
  try {
    await db.query(`CREATE SCHEMA "${schema}"`);
  } catch (cause) {
    if (!(cause instanceof QueryFailedError && (cause.driverError as { code?: string }).code === MAY_NOT)) throw cause;
    const ways = 'GRANT CREATE ON DATABASE … TO …, or CREATE SCHEMA … AUTHORIZATION … as another role';
    throw new Error(`The database's role may not make the schema ${schema}: ${ways}`, { cause });
  }
  return schema;
}

/** Whether the server's own, older migrations have created a table of the schema already. */
export async function hasTable(queryRunner: QueryRunner, schema: string, table: string): Promise<boolean> {
  const found = await queryRunner.query(
    `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = $1 AND relname = $2 AND relkind IN ('r', 'p')`,
    [schema, table],
  );
  return (found as unknown[]).length > 0;
}

/** Reverting these migrations would lose what users rely on, so it is refused. The error has the statement that does it. */
export function refuseToDrop(what = 'all sessions and tickets'): never {
  throw new Error(`Reverting this would drop ${what}. If that is what you want: DROP SCHEMA "${schemaName()}" CASCADE`);
}
