import { schemaName } from '@scan-login/nest/common';
import { ensureSchema } from '@scan-login/nest/migrations';
import type { DataSource, EntityManager } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';

const NAMES = MIGRATIONS.map((Migration) => new Migration().name);

/** Tables of earlier releases, by the migration that created them. */
const MADE_BY: Readonly<Record<string, readonly string[]>> = {
  Initial1795264612784: [
    'accounts',
    'signing_keys',
    'refresh_tokens',
    'sessions',
    'tickets',
    'sign_in_failures',
    'audit_events',
  ],
  CallCounts1795276800000: ['call_counts'],
  DeviceKeys1795280400000: ['used_proofs'],
  KnownScreens1795293412000: ['known_screens'],
  KnownDevices1795295210000: ['known_devices'],
};

/**
 * Creates the schema, and moves the tables of earlier releases into it with all their data. One transaction, so that
 * the database always fits one release or the other. Runs before the migrations, because TypeORM's table of migrations
 * is in the schema too.
 * @returns the tables that were moved
 */
export function moveIntoSchema(db: DataSource): Promise<string[]> {
  return db.transaction(async (tx) => {
    const schema = await ensureSchema(tx);
    const earlier = await findEarlier(tx, schema);
    if (!earlier) return [];
    const { tables } = earlier;
    for (const table of tables) await tx.query(`ALTER TABLE "${earlier.schema}"."${table}" SET SCHEMA "${schema}"`);
    // Copied, not moved: another application may use the same table. An earlier release that is started by mistake
    // finds its migrations there, and does not start from an empty database.
    await tx.query(
      `CREATE TABLE "${schema}"."migrations" (id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL)`,
    );
    await tx.query(
      `INSERT INTO "${schema}"."migrations" ("timestamp", name)
       SELECT "timestamp", name FROM "${earlier.schema}"."migrations" WHERE name = ANY($1) ORDER BY id`,
      [earlier.migrations],
    );
    return tables;
  });
}

/**
 * Names of the migrations that have run: of this release, or of an earlier one whose tables have not been moved yet.
 */
export async function migrationsRun({ manager }: DataSource): Promise<string[]> {
  const schema = schemaName();
  if (!(await hasAll(manager, schema, ['migrations']))) return (await findEarlier(manager, schema))?.migrations ?? [];
  const ran: { name: string }[] = await manager.query(`SELECT name FROM "${schema}"."migrations"`);
  return ran.map(({ name }) => name);
}

/** An earlier release: the schema that it used, the migrations that ran there, and the tables that they created. */
interface Earlier {
  schema: string;
  migrations: string[];
  tables: string[];
}

/**
 * Finds an earlier release whose tables are still to be moved. A table of migrations with none of ours belongs to another
 * application; one whose tables are gone belongs to a database that was moved already, into a schema of another name.
 */
async function findEarlier(tx: EntityManager, schema: string): Promise<Earlier | undefined> {
  if (await hasAll(tx, schema, ['migrations'])) return undefined;
  const candidates: { name: string }[] = await tx.query(
    `SELECT table_schema AS name FROM information_schema.columns
     WHERE table_name = 'migrations' AND column_name IN ('id', 'timestamp', 'name') AND table_schema <> $1
       AND table_schema = ANY(current_schemas(false) || 'public'::name)
     GROUP BY table_schema HAVING count(*) = 3`,
    [schema],
  );
  for (const { name } of candidates) {
    const ran: { name: string }[] = await tx.query(
      `SELECT name FROM "${name}"."migrations" WHERE name::text = ANY($1) ORDER BY id`,
      [NAMES],
    );
    const migrations = ran.map((each) => each.name);
    const tables = migrations.flatMap((each) => MADE_BY[each] ?? []);
    if (tables.length > 0 && (await hasAll(tx, name, tables))) return { schema: name, migrations, tables };
  }
  return undefined;
}

async function hasAll(tx: EntityManager, schema: string, tables: string[]): Promise<boolean> {
  const query = 'SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = ANY($2)';
  return (await tx.query<unknown[]>(query, [schema, tables])).length === tables.length;
}
