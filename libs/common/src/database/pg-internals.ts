import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { type Client, type Pool, type PoolClient, Query, type QueryConfig, type QueryResult } from 'pg';
import type { DataSource } from 'typeorm';

// Everything that we use of `pg`, and of TypeORM's driver for it, beyond their documentation. `pg` is pinned to its
// minor version for this reason. Each comment names the test that fails if the internal changes.

/**
 * The pool of a data source. TypeORM keeps it as `driver.master`, which its types do not declare.
 * Tested by: every test.
 */
export function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { master: Pool }).master;
}

/**
 * Makes a `Query`. pg copies a plain object that describes a query property by property, which takes longer than
 * sending it; a `Query` is used as it is. The types do not declare its `name`.
 * Tested by: "are prepared once for each connection" in test/contract/migrations.spec.ts.
 */
export function makeQuery(text: string, values: unknown[], prepares: boolean): Query {
  const query = new Query(text, values) as Query & QueryConfig;
  if (prepares) query.name = nameOf(text);
  return query;
}

/**
 * Sends a `Query`. Pools and clients take a callback for its result, which their types do not declare.
 * Tested by: every test.
 */
export function send(on: Pool | PoolClient, query: Query): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    (on as unknown as TakesQuery).query(query, undefined, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

interface TakesQuery {
  query(query: Query, values: undefined, callback: (error: Error | undefined, result: QueryResult) => void): void;
}

/**
 * Sends everything that is written in this turn of the event loop as one packet. The socket is `connection.stream`.
 * Tested by: every transaction, which would fail.
 */
export function sendTogether(client: PoolClient): void {
  const stream = socketOf(client);
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/**
 * Closes the connection at once. pg's own `end` waits for the server.
 * Tested by: test/faults/signal-broken.spec.ts.
 */
export function cutConnection(client: Client): void {
  socketOf(client).destroy();
}

/**
 * Whether the client sends a statement without waiting for the one before: `pipeline: true` in the pool's options,
 * which pg has since 8.23 and does not document yet.
 * Tested by: "go over one connection" in test/faults/statements.spec.ts.
 */
export function isPipelined(client: PoolClient): boolean {
  return client.pipeline;
}

/** Whether the clients of a data source will be pipelined, before one is taken from its pool. */
export function pipelines({ options }: DataSource): boolean {
  return (options.extra as { pipeline?: boolean } | undefined)?.pipeline === true;
}

/**
 * Whether statements are prepared: not with `extra: { prepare: false }`, for poolers that confuse clients' statements.
 */
export function preparesOn({ options }: DataSource): boolean {
  return (options.extra as { prepare?: boolean } | undefined)?.prepare !== false;
}

function socketOf(client: PoolClient | Client): Writable {
  return (client as unknown as { connection: { stream: Writable } }).connection.stream;
}

const names = new Map<string, string>();

/** Depends on nothing but the text, because a pooler may share a connection among processes. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known) return known;
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  names.set(text, name);
  return name;
}
