import type { Pool, Query, QueryResult } from 'pg';
import type { DataSource } from 'typeorm';
import { poolOf, preparesOn, rows, send, statement, travelTogether, withClient } from './sql.js';

/**
 * The rows of a small read, by key. Those that are asked for in one turn of the event loop go to the database together,
 * over one connection: the system call, and waking the process at the other end, take longer than such a read does.
 *
 * Not for what reads much, since the others of that turn would wait for it.
 * @param about only reads about the same travel together, so that a table that is locked holds up none that need another
 */
export async function lookUp<Row>(db: DataSource, about: string, sql: string, parameters: unknown[]): Promise<Row[]> {
  // an old pooler, for which nothing is prepared, might hand the connection to another between two of them
  if (!isPipelined(db) || !preparesOn(db)) return rows<Row>(db, sql, parameters);
  const { rows: found } = await gatheringOf(poolOf(db), about).add(statement(sql, parameters, true));
  return found as Row[];
}

interface Asked {
  query: Query;
  resolve: (result: QueryResult) => void;
  reject: (error: unknown) => void;
}

/** What was asked for in this turn. */
class Gathering {
  private asked: Asked[] = [];

  constructor(private readonly pool: Pool) {}

  add(query: Query): Promise<QueryResult> {
    if (this.asked.length === 0) setImmediate(() => void this.sendAll());
    return new Promise((resolve, reject) => {
      this.asked.push({ query, resolve, reject });
    });
  }

  private async sendAll(): Promise<void> {
    const together = this.asked;
    this.asked = [];
    try {
      await withClient(this.pool, (client) => {
        travelTogether(client);
        return Promise.all(together.map(({ query, resolve, reject }) => send(client, query).then(resolve, reject)));
      });
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }
}

const gatherings = new WeakMap<Pool, Map<string, Gathering>>();

function gatheringOf(pool: Pool, about: string): Gathering {
  const ofPool = gatherings.get(pool) ?? new Map<string, Gathering>();
  gatherings.set(pool, ofPool);
  const known = ofPool.get(about) ?? new Gathering(pool);
  ofPool.set(about, known);
  return known;
}

function isPipelined({ options }: DataSource): boolean {
  return (options.extra as { pipeline?: boolean } | undefined)?.pipeline === true;
}
