import { createHmac } from 'node:crypto';
import type { Client } from 'pg';
import type { Cluster } from './cluster.js';

/** Advisory lock with which processes that start at once take turns. An arbitrary constant. */
const ROLE_LOCK = 7_310_003;

/** Derived one-way from the superuser's password. */
export function rolePassword({ password }: Pick<Cluster, 'password'>, role: string): string {
  return createHmac('sha256', password).update(role).digest('base64url');
}

/**
 * Creates the application's role if missing, and makes it the owner of the database. Also of the tables there that
 * earlier versions created as the superuser.
 * @param superuser connected to the database
 * @param role a plain name, checked by the caller
 */
export async function ensureRole(superuser: Client, role: string, password: string): Promise<void> {
  await superuser.query('BEGIN');
  await superuser.query('SELECT pg_advisory_xact_lock($1)', [ROLE_LOCK]);
  const { rowCount } = await superuser.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) await superuser.query(`CREATE ROLE ${role}`);
  await superuser.query(
    `ALTER ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
     PASSWORD ${superuser.escapeLiteral(password)}`,
  );
  const { rows } = await superuser.query<{ sql: string }>(HAND_OVER, [role]);
  for (const { sql } of rows) await superuser.query(sql);
  await superuser.query('COMMIT');
}

/** Statements that change the owner of the database, its tables and its views. Indexes and sequences follow. */
const HAND_OVER = `
  SELECT format('ALTER DATABASE %I OWNER TO %I', datname, $1::text) AS sql
  FROM pg_database WHERE datname = current_database() AND pg_get_userbyid(datdba) <> $1
  UNION ALL
  SELECT format('ALTER TABLE %I.%I OWNER TO %I', nspname, relname, $1::text)
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname = 'public' AND relkind IN ('r', 'p', 'v', 'm') AND pg_get_userbyid(relowner) <> $1`;
