import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { defer, exhaustMap, interval, startWith, Subscription } from 'rxjs';
import type { DataSource } from 'typeorm';
import { rows, transaction } from './sql.js';

/** Small enough that nobody waits for it. */
const BATCH = 1_000;
const PAUSE_MS = 20;

export interface Sweep {
  /** What goes, for the log. */
  name: string;
  /** An advisory lock of its own: of several instances one sweeps. */
  lock: number;
  /** Seconds. */
  every: number;
  /** A DELETE … LIMIT $1 … RETURNING, of rows whose time is long over. */
  sql: string;
}

/** Removes what is past its time, a little at a time. @returns what stops it */
export function startSweeping(db: DataSource, { name, lock, every, sql }: Sweep): Subscription {
  const logger = new Logger('Sweep');
  const batch = () =>
    transaction(db, async (tx) => {
      const [mine] = await rows<{ mine: boolean }>(tx, 'SELECT pg_try_advisory_xact_lock($1) AS mine', [lock]);
      return mine?.mine ? (await rows(tx, sql, [BATCH])).length : 0;
    });
  const sweeping = new Subscription();
  const sweep = async () => {
    try {
      let removed = 0;
      for (let some = BATCH; some === BATCH && !sweeping.closed; await sleep(PAUSE_MS)) removed += some = await batch();
      if (removed > 0) logger.debug({ event: 'swept', name, removed });
    } catch (err) {
      // the database may go before the last batch does, when the application stops
      if (!sweeping.closed) logger.warn({ event: 'sweep.failed', name, err });
    }
  };
  sweeping.add(
    interval(every * 1000)
      .pipe(
        startWith(0),
        exhaustMap(() => defer(sweep)),
      )
      .subscribe(),
  );
  return sweeping;
}
