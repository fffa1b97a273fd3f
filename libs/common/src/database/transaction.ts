import { type Pool, type PoolClient, Query, type QueryResult } from 'pg';
import type { DataSource } from 'typeorm';
import { inTurn } from './turns.js';
import { isPipelined, poolOf, preparesOn, send, sendTogether } from './pg-internals.js';

/**
 * One transaction, on a connection of its own. Statements may be issued without waiting for each other: they run in
 * that order. They are sent together if the pool has `pipeline: true`, and one after the other if not.
 */
export class Transaction {
  private isBegun = false;
  private isComplete = false;
  private sent: Promise<unknown> = Promise.resolve();
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
    // rejects with the first error; the statements behind that one fail, too
    return Promise.all(sent).then((results) => results.at(-1)!);
  }

  /**
   * Issues the last statements of the transaction: on a pipelined connection, COMMIT is sent along with them. If one of
   * them fails, that COMMIT rolls back. Only for the code that opened the transaction: no other knows what follows.
   * @param issue issues them all before it waits for anything
   */
  last<Result>(issue: () => Promise<Result>): Promise<Result> {
    const issued = issue();
    this.isComplete = true;
    if (this.isBegun && isPipelined(this.client)) {
      this.committed = this.send(new Query('COMMIT'));
      // `end` reports a failure
      this.committed.catch(() => undefined);
    }
    return issued;
  }

  /** Runs a hook once the transaction is committed, and never after a rollback: to tell others what has changed. */
  afterCommit(hook: () => void): void {
    this.hooks.push(hook);
  }

  /** Without a statement there is nothing to end. What is asked for later is refused: the connection is another's then. */
  async end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    this.isComplete = true;
    if (!this.isBegun) return;
    await this.sent.catch(() => undefined);
    await (this.committed ?? send(this.client, new Query(how)));
  }

  private send(query: Query): Promise<QueryResult> {
    if (isPipelined(this.client)) {
      sendTogether(this.client);
      return send(this.client, query);
    }
    const sent = this.sent.then(() => send(this.client, query));
    this.sent = sent;
    return sent;
  }
}

/** Commits when `run` resolves, and rolls back when it throws. The hooks of `afterCommit` have run when it resolves. */
export async function transaction<Result>(db: DataSource, run: (tx: Transaction) => Promise<Result>): Promise<Result> {
  const hooks: (() => void)[] = [];
  const pool = poolOf(db);
  const onClient = async (client: PoolClient, giveUp: () => void) => {
    const tx = new Transaction(client, preparesOn(db), hooks);
    try {
      const result = await run(tx);
      await tx.end('COMMIT');
      return result;
    } catch (error) {
      await tx.end('ROLLBACK').catch(giveUp);
      throw error;
    }
  };
  const committed = await inTurn(pool, () => withClient(pool, onClient));
  for (const hook of hooks) hook();
  return committed;
}

/** @param use has the connection for itself; `giveUp` closes the connection instead of returning it to the pool */
export async function withClient<Result>(
  pool: Pool,
  use: (client: PoolClient, giveUp: () => void) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken = false;
  const giveUp = () => {
    broken = true;
  };
  // the running statement fails with the same error; without a listener, the event would end the process
  client.on('error', giveUp);
  try {
    return await use(client, giveUp);
  } finally {
    client.off('error', giveUp);
    client.release(broken);
  }
}
