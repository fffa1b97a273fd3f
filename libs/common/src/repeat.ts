import type { Logger } from '@nestjs/common';
import { EMPTY, type Observable, Subscription, timer } from 'rxjs';

export interface Repetition {
  /** Gets a warning for each run that fails. */
  logger: Pick<Logger, 'warn'>;
  /** Names that warning. */
  event: string;
  /** Whether the first run starts now rather than after the first interval. */
  atOnce?: boolean;
  /** Triggers further runs. A trigger during a run causes another run after it. */
  when?: Observable<unknown>;
}

/**
 * Runs something at an interval until it is unsubscribed. Two runs never overlap: an interval that ends during a run is
 * skipped. A run that fails is logged, and the next one follows as usual.
 * @param run its signal is aborted when the repetition is stopped; later errors are not logged
 */
export function repeat(
  everyMs: number,
  run: (signal: AbortSignal) => Promise<void>,
  { logger, event, atOnce = false, when = EMPTY }: Repetition,
): Subscription {
  const stopping = new AbortController();
  const { signal } = stopping;
  let isRunning = false;
  let isDue = false;

  const runOnce = async () => {
    try {
      await run(signal);
    } catch (err) {
      if (!signal.aborted) logger.warn({ event, err });
    }
  };
  const runWhileDue = async () => {
    isRunning = true;
    for (isDue = true; isDue && !signal.aborted;) {
      isDue = false;
      await runOnce();
    }
    isRunning = false;
  };
  const tick = () => {
    if (!isRunning) void runWhileDue();
  };
  const trigger = () => {
    isDue = true;
    tick();
  };

  const running = new Subscription(() => stopping.abort());
  running.add(timer(atOnce ? 0 : everyMs, everyMs).subscribe(tick));
  running.add(when.subscribe(trigger));
  return running;
}
