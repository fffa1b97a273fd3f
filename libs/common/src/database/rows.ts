import type { Sql } from 'sql-template-tag';
import type { DataSource } from 'typeorm';
import { makeQuery, poolOf, preparesOn, send } from './pg-internals.js';
import { Transaction } from './transaction.js';

/** The database, or a transaction of it. */
export type Queryable = DataSource | Transaction;

/**
 * The rows of one statement: those it reads, or those it has changed and returns.
 *
 * The statement goes to pg directly: TypeORM's query runners and events take longer than many statements do. It is
 * prepared once for each connection, because parsing and planning are most of the cost of a small statement. So the
 * text must be the same each time; pass whatever differs from call to call as a value.
 */
export async function rows<Row>(db: Queryable, { text, values }: Sql): Promise<Row[]> {
  const { rows: found } =
    db instanceof Transaction
      ? await db.query(makeQuery(text, values, db.prepares))
      : await send(poolOf(db), makeQuery(text, values, preparesOn(db)));
  return found as Row[];
}
