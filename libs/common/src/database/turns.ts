import pLimit, { type LimitFunction } from 'p-limit';
import type { Pool } from 'pg';

const turns = new WeakMap<Pool, LimitFunction>();

/**
 * Runs a transaction while another connection of the pool is left. An application's own accounts may be read on a
 * connection of their own while the transaction holds one: if transactions held them all, each would wait for ever for
 * one that another holds.
 * @throws Error when its turn does not come within the time in which the pool must give a connection
 */
export function inTurn<Result>(pool: Pool, run: () => Promise<Result>): Promise<Result> {
  const limit = limitOf(pool);
  const { connectionTimeoutMillis: timeout } = pool.options;
  if (!timeout || limit.activeCount + limit.pendingCount < limit.concurrency) return limit(run);
  return new Promise((resolve, reject) => {
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      // as the pool has it
      reject(new Error('timeout exceeded when trying to connect'));
    }, timeout);
    void limit(async () => {
      clearTimeout(timer);
      if (!isTooLate) await run().then(resolve, reject);
    });
  });
}

function limitOf(pool: Pool): LimitFunction {
  const known = turns.get(pool) ?? pLimit(Math.max(1, pool.options.max - 1));
  turns.set(pool, known);
  return known;
}
