import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { type Client, type Pool, type PoolClient, Query, type QueryConfig, type QueryResult } from 'pg';
import type { DataSource } from 'typeorm';

// All that we use of `pg`, and of TypeORM's driver for it, past what they document. `pg` is pinned to its minor version
// for its sake. With each stands the test that notices if it changes.

/**
 * The pool of a data source, which TypeORM keeps as `driver.master` and does not declare.
 * Noticed by: every test.
 */
export function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { master: Pool }).master;
}

/**
 * A query that is made already. pg copies an object that describes one, property by property, which takes longer than
 * sending it; a `Query` it takes as it is. Its name is a property that the types do not declare.
 * Noticed by: "are prepared once for each connection" in test/contract/migrations.spec.ts.
 */
export function makeQuery(text: string, values: unknown[], prepares: boolean): Query {
  const query = new Query(text, values) as Query & QueryConfig;
  if (prepares) query.name = nameOf(text);
  return query;
}

/**
 * A pool and its clients call back with the result of a `Query`, which their types do not declare.
 * Noticed by: every test.
 */
export function send(on: Pool | PoolClient, query: Query): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    (on as unknown as TakesQuery).query(query, undefined, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

interface TakesQuery {
  query(what: Query, values: undefined, then: (error: Error | undefined, result: QueryResult) => void): void;
}

/**
 * Everything that is sent within this turn of the event loop goes out as one packet: the socket is `connection.stream`.
 * Noticed by: every transaction, which would fail.
 */
export function sendTogether(client: PoolClient): void {
  const stream = socketOf(client);
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/**
 * Drops the connection at once: pg's own `end` waits for the server to say goodbye.
 * Noticed by: test/faults/signal-broken.spec.ts.
 */
export function cutConnection(client: Client): void {
  socketOf(client).destroy();
}

/**
 * Whether the client sends a statement without waiting for the one before, as `pipeline: true` in the pool's options has
 * it. An option of pg since 8.23 that is not in its documentation yet.
 * Noticed by: "go over one connection" in test/faults/statements.spec.ts.
 */
export function isPipelined(client: PoolClient): boolean {
  return client.pipeline;
}

/** The same of a data source, before a client is taken from its pool. */
export function pipelines({ options }: DataSource): boolean {
  return (options.extra as { pipeline?: boolean } | undefined)?.pipeline === true;
}

/** Unless the data source says `extra: { prepare: false }`, for a pooler that mixes up whose statement it is. */
export function preparesOn({ options }: DataSource): boolean {
  return (options.extra as { prepare?: boolean } | undefined)?.prepare !== false;
}

function socketOf(client: PoolClient | Client): Writable {
  return (client as unknown as { connection: { stream: Writable } }).connection.stream;
}

const names = new Map<string, string>();

/** The same for the same text everywhere, since a pooler may share a connection among processes. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known) return known;
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  names.set(text, name);
  return name;
}
