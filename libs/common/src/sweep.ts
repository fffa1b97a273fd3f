import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { defer, exhaustMap, interval, startWith, Subscription } from 'rxjs';
import type { DataSource } from 'typeorm';
import { rows, transaction } from './sql.js';

/** Small enough that nobody waits for it. */
const BATCH = 1_000;
const PAUSE_MS = 20;

export interface Sweep {
  table: string;
  /** Its primary key. */
  key: string;
  /** SQL: which rows are past their time. An index should find them. */
  past: string;
  /** SQL: an order in which that index gives them. */
  order?: string;
  /** SQL: what goes with them, the keys of a batch being in `past`. */
  along?: string;
  /** Seconds. */
  every: number;
}

/** Removes what is past its time, a little at a time. @returns what stops it */
export function startSweeping(db: DataSource, sweep: Sweep): Subscription {
  const logger = new Logger('Sweep');
  const { table, past, every } = sweep;
  const sql = deletingBatch(sweep);
  const batch = () =>
    transaction(db, async (tx) => {
      // of several instances one sweeps; a table may be swept for several reasons
      const [mine] = await rows<{ mine: boolean }>(
        tx,
        'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine',
        [`sweep ${table} ${past}`],
      );
      return mine?.mine ? (await rows(tx, sql, [BATCH])).length : 0;
    });
  const sweeping = new Subscription();
  const run = async () => {
    try {
      let removed = 0;
      for (let some = BATCH; some === BATCH && !sweeping.closed; await sleep(PAUSE_MS)) removed += some = await batch();
      if (removed > 0) logger.debug({ event: 'swept', table, removed });
    } catch (err) {
      // the database may go before the last batch does, when the application stops
      if (!sweeping.closed) logger.warn({ event: 'sweep.failed', table, err });
    }
  };
  sweeping.add(
    interval(every * 1000)
      .pipe(
        startWith(0),
        exhaustMap(() => defer(run)),
      )
      .subscribe(),
  );
  return sweeping;
}

function deletingBatch({ table, key, past, order, along }: Sweep): string {
  return `
    WITH past AS (
      SELECT ${key} FROM ${table} WHERE ${past} ${order ? `ORDER BY ${order}` : ''} LIMIT $1 FOR UPDATE SKIP LOCKED
    )${along ? `, along AS (${along})` : ''}
    DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM past) RETURNING ${key}`;
}
