import { schemaName } from '@scan-login/nest/common';
import type { QueryRunner } from 'typeorm';

/** Makes the schema unless it is there. Only then the role needs the right to create one in the database. */
export async function ensureSchema(queryRunner: QueryRunner): Promise<string> {
  const schema = schemaName();
  const found = (await queryRunner.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])) as unknown[];
  if (found.length === 0) await queryRunner.query(`CREATE SCHEMA "${schema}"`);
  return schema;
}

/** Whether a table is in the schema already: one that the server's own migrations have made. */
export async function hasTable(queryRunner: QueryRunner, schema: string, table: string): Promise<boolean> {
  const found = await queryRunner.query(
    `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = $1 AND relname = $2 AND relkind IN ('r', 'p')`,
    [schema, table],
  );
  return (found as unknown[]).length > 0;
}

/** Reverting these would sign everyone out, so it is refused; where that is wanted, it is one statement. */
export function refuseToDrop(): never {
  throw new Error(
    `Reverting this would drop all sessions and tickets. If that is what you want: DROP SCHEMA "${schemaName()}" CASCADE`,
  );
}
