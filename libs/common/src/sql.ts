import { createHash } from 'node:crypto';
import { type Pool, type PoolClient, Query, type QueryConfig, type QueryResult } from 'pg';
import { DataSource, EntityManager } from 'typeorm';

/** One transaction, on the one connection that it has for itself. */
export class Transaction {
  constructor(
    readonly client: PoolClient,
    readonly prepares: boolean,
  ) {}
}

/** The database, or a transaction of it: ours, or one that an application has begun with TypeORM. */
export type Queryable = DataSource | Transaction | EntityManager;

/**
 * The rows of one statement: those it reads, or those it has changed and returns.
 *
 * It goes to pg past TypeORM, whose query runners and events take longer than many a statement does, and is prepared
 * once for each connection: reading and planning it is the larger part of what a small statement costs PostgreSQL.
 */
export async function rows<Row>(db: Queryable, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  if (db instanceof EntityManager) return rowsOf(await db.query<unknown>(sql, parameters));
  const { on, prepares } =
    db instanceof Transaction ? { on: db.client, prepares: db.prepares } : { on: poolOf(db), prepares: preparesOn(db) };
  const { rows: found } = await send(on, statement(sql, parameters, prepares));
  return found as Row[];
}

/** Commits when `run` resolves, and rolls back when it throws. */
export async function transaction<Result>(db: DataSource, run: (tx: Transaction) => Promise<Result>): Promise<Result> {
  const client = await poolOf(db).connect();
  let broken = false;
  // the statement under way fails with it; unheard, it would end the process
  const onError = () => (broken = true);
  client.on('error', onError);
  try {
    await client.query('BEGIN');
    const result = await run(new Transaction(client, preparesOn(db)));
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => (broken = true));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** TypeORM keeps pg's pool, and says nothing of it. */
export function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { master: Pool }).master;
}

/** Unless the data source says `extra: { prepare: false }`, for a pooler that mixes up whose statement it is. */
function preparesOn({ options }: DataSource): boolean {
  return (options.extra as { prepare?: boolean } | undefined)?.prepare !== false;
}

/** Made by hand: pg would copy an object that describes one, property by property, which takes longer than sending it. */
function statement(sql: string, parameters: unknown[], prepares: boolean): Query {
  const query = new Query(sql, parameters) as Query & QueryConfig;
  if (prepares) query.name = nameOf(sql);
  return query;
}

/** pg's pool and its clients take a query that is made already, which their types do not say. */
interface Asked {
  query(what: Query, values: undefined, then: (error: Error | undefined, result: QueryResult) => void): void;
}

function send(on: Pool | PoolClient, query: Query): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    (on as unknown as Asked).query(query, undefined, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

const names = new Map<string, string>();

/** The same for the same text everywhere, since a pooler may share a connection among processes. */
function nameOf(sql: string): string {
  const known = names.get(sql);
  if (known) return known;
  const name = createHash('sha256').update(sql).digest('base64url').slice(0, 22);
  names.set(sql, name);
  return name;
}

/** TypeORM hands out what an UPDATE or DELETE returns in a pair with its count. */
function rowsOf<Row>(result: unknown): Row[] {
  const isPair =
    Array.isArray(result) && result.length === 2 && Array.isArray(result[0]) && Number.isInteger(result[1]);
  return (isPair ? (result as [Row[], number])[0] : result) as Row[];
}
