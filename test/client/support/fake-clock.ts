import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '@scan-login/client';

/** Time that passes as fast as the program under test waits for it: minutes in a millisecond. */
export class FakeClock implements Clock {
  private time = 0;
  private readonly timers = new Map<symbol, { at: number; run: () => void }>();

  now(): number {
    return this.time;
  }

  date(): number {
    return Date.UTC(2026, 10, 25) + this.time;
  }

  setTimeout(run: () => void, ms: number): symbol {
    const timer = Symbol('timer');
    this.timers.set(timer, { at: this.time + Math.max(0, ms), run });
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.timers.delete(timer as symbol);
  }

  /** Resolves once that much time has passed. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimeout(resolve, ms));
  }

  get pending(): number {
    return this.timers.size;
  }

  /** Advances the time, from one timer to the next, until the work is done. */
  async until<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false;
    const settle = () => (isDone = true);
    work.then(settle, settle);
    for (;;) {
      await turn();
      if (isDone) return work;
      this.passToNext();
    }
  }

  private passToNext(): void {
    const [next] = [...this.timers].sort(([, a], [, b]) => a.at - b.at);
    if (!next) throw new Error('nothing is waited for any more');
    const [timer, { at, run }] = next;
    this.timers.delete(timer);
    this.time = Math.max(this.time, at);
    run();
  }
}
