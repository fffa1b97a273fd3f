import type { Pool, Query, QueryResult } from 'pg';
import type { Sql } from 'sql-template-tag';
import type { DataSource } from 'typeorm';
import { makeQuery, pipelines, poolOf, preparesOn, send, sendTogether } from './pg-internals.js';
import { rows } from './rows.js';
import { withClient } from './transaction.js';

/**
 * The rows of a small read, by key, in a batched query: those that are asked for in one turn of the event loop go to the
 * database together, over one connection. The system call, and waking the process at the other end, take longer than such
 * a read does.
 *
 * Not for what reads much, since the others of that turn would wait for it.
 * @param about only reads about the same travel together, so that a table that is locked holds up none that need another
 */
export async function batchedRows<Row>(db: DataSource, about: string, statement: Sql): Promise<Row[]> {
  // an old pooler, for which nothing is prepared, might hand the connection to another between two of them
  if (!pipelines(db) || !preparesOn(db)) return rows<Row>(db, statement);
  const { text, values } = statement;
  const { rows: found } = await batchOf(poolOf(db), about).add(makeQuery(text, values, true));
  return found as Row[];
}

interface Read {
  query: Query;
  resolve: (result: QueryResult) => void;
  reject: (error: unknown) => void;
}

/** What was asked for in this turn. */
class Batch {
  private reads: Read[] = [];

  constructor(private readonly pool: Pool) {}

  add(query: Query): Promise<QueryResult> {
    if (this.reads.length === 0) setImmediate(() => void this.sendAll());
    return new Promise((resolve, reject) => {
      this.reads.push({ query, resolve, reject });
    });
  }

  private async sendAll(): Promise<void> {
    const together = this.reads;
    this.reads = [];
    try {
      await withClient(this.pool, (client) => {
        sendTogether(client);
        return Promise.all(together.map(({ query, resolve, reject }) => send(client, query).then(resolve, reject)));
      });
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }
}

const batches = new WeakMap<Pool, Map<string, Batch>>();

function batchOf(pool: Pool, about: string): Batch {
  const ofPool = batches.get(pool) ?? new Map<string, Batch>();
  batches.set(pool, ofPool);
  const known = ofPool.get(about) ?? new Batch(pool);
  ofPool.set(about, known);
  return known;
}
