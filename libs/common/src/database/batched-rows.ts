import type { Pool, Query, QueryResult } from 'pg';
import type { Sql } from 'sql-template-tag';
import type { DataSource } from 'typeorm';
import { makeQuery, pipelines, poolOf, preparesOn, send, sendTogether } from './pg-internals.js';
import { rows } from './rows.js';
import { withClient } from './transaction.js';

/**
 * The rows of a small read by key, as part of a batch: reads that are requested in the same turn of the event loop are
 * sent together, over one connection. The system call, and waking the process at the other end, take longer than such a
 * read does.
 *
 * Not for large reads: the others in the batch would wait for them.
 * @param about only reads with the same `about` share a batch, so that a locked table delays no reads of other tables
 */
export async function batchedRows<Row>(db: DataSource, about: string, statement: Sql): Promise<Row[]> {
  // prepared statements are off for old poolers, which could give the connection to another client between two reads
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

/** The reads of this turn of the event loop. */
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
    const batch = this.reads;
    this.reads = [];
    try {
      await withClient(this.pool, (client) => {
        sendTogether(client);
        return Promise.all(batch.map(({ query, resolve, reject }) => send(client, query).then(resolve, reject)));
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
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
