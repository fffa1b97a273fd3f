import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { type Pool, type PoolClient, Query, type QueryConfig, type QueryResult } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * One transaction, on the one connection that it has for itself. Statements that are asked for at once, without waiting
 * for each other, are carried out in that order; they go to the database together where its pool was made with
 * `pipeline: true`, and one after the other elsewhere.
 */
export class Transaction {
  private isBegun = false;
  private isComplete = false;
  private last: Promise<unknown> = Promise.resolve();
  private committed?: Promise<unknown>;

  constructor(
    private readonly client: PoolClient,
    readonly prepares: boolean,
    private readonly hooks: (() => void)[],
  ) {}

  query(query: Query): Promise<QueryResult> {
    if (this.isComplete) throw new Error('The transaction is complete: nothing may follow');
    const begin = this.isBegun ? [] : [new Query('BEGIN')];
    this.isBegun = true;
    const sent = [...begin, query].map((each) => this.send(each));
    // the first to fail is the reason, and whatever is behind it fails with it
    return Promise.all(sent).then((results) => results.at(-1)!);
  }

  /**
   * Nothing follows what was asked for: then COMMIT goes out with it, where statements go out together. If one of them
   * fails, it rolls back.
   */
  complete(): void {
    this.isComplete = true;
    if (!this.isBegun || !this.client.pipeline) return;
    this.committed = this.send(new Query('COMMIT'));
    // `end` hears of it
    this.committed.catch(() => undefined);
  }

  /** What others are told of the transaction: runs once it is committed, and never after a rollback. */
  afterCommit(hook: () => void): void {
    this.hooks.push(hook);
  }

  /** Without a statement there is nothing to end. */
  async end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    if (!this.isBegun) return;
    await this.last.catch(() => undefined);
    await (this.committed ?? send(this.client, new Query(how)));
  }

  private send(query: Query): Promise<QueryResult> {
    if (this.client.pipeline) {
      travelTogether(this.client);
      return send(this.client, query);
    }
    const sent = this.last.then(() => send(this.client, query));
    this.last = sent;
    return sent;
  }
}

/** The database, or a transaction of it. */
export type Queryable = DataSource | Transaction;

/**
 * The rows of one statement: those it reads, or those it has changed and returns.
 *
 * It goes to pg past TypeORM, whose query runners and events take longer than many a statement does, and is prepared
 * once for each connection: reading and planning it is the larger part of what a small statement costs PostgreSQL.
 */
export async function rows<Row>(db: Queryable, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  const { rows: found } =
    db instanceof Transaction
      ? await db.query(statement(sql, parameters, db.prepares))
      : await send(poolOf(db), statement(sql, parameters, preparesOn(db)));
  return found as Row[];
}

/** Commits when `run` resolves, and rolls back when it throws. The hooks of `afterCommit` have run when it resolves. */
export async function transaction<Result>(db: DataSource, run: (tx: Transaction) => Promise<Result>): Promise<Result> {
  const hooks: (() => void)[] = [];
  const committed = await withClient(poolOf(db), async (client, giveUp) => {
    const tx = new Transaction(client, preparesOn(db), hooks);
    try {
      const result = await run(tx);
      await tx.end('COMMIT');
      return result;
    } catch (error) {
      await tx.end('ROLLBACK').catch(giveUp);
      throw error;
    }
  });
  for (const hook of hooks) hook();
  return committed;
}

/** @param use has the connection for itself; `giveUp` says that nobody is to have it afterwards */
export async function withClient<Result>(
  pool: Pool,
  use: (client: PoolClient, giveUp: () => void) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken = false;
  const giveUp = () => {
    broken = true;
  };
  // the statement under way fails with it; unheard, it would end the process
  client.on('error', giveUp);
  try {
    return await use(client, giveUp);
  } finally {
    client.off('error', giveUp);
    client.release(broken);
  }
}

/** TypeORM keeps pg's pool, and says nothing of it. */
export function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { master: Pool }).master;
}

/** Unless the data source says `extra: { prepare: false }`, for a pooler that mixes up whose statement it is. */
export function preparesOn({ options }: DataSource): boolean {
  return (options.extra as { prepare?: boolean } | undefined)?.prepare !== false;
}

/** Made by hand: pg would copy an object that describes one, property by property, which takes longer than sending it. */
export function statement(sql: string, parameters: unknown[], prepares: boolean): Query {
  const query = new Query(sql, parameters) as Query & QueryConfig;
  if (prepares) query.name = nameOf(sql);
  return query;
}

/** pg's pool and its clients take a query that is made already, which their types do not say. */
interface Asked {
  query(what: Query, values: undefined, then: (error: Error | undefined, result: QueryResult) => void): void;
}

export function send(on: Pool | PoolClient, query: Query): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    (on as unknown as Asked).query(query, undefined, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

/** What is sent within this turn goes out as one. */
export function travelTogether(client: PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
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
