import { repeat } from '@scan-login/nest/common';
import { firstValueFrom, Subject, take, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';

const quiet = () => ({ warn: vi.fn<(line: object) => void>() });

describe('repeated work', () => {
  it('runs at its interval until it is stopped, and at once where requested', async () => {
    const runs = new Subject<void>();
    const three = firstValueFrom(runs.pipe(take(3), toArray()));
    const began = performance.now();
    const repeated = repeat(20, async () => runs.next(), { logger: quiet(), event: 'failed' });
    await three;
    repeated.unsubscribe();
    expect(performance.now() - began).toBeGreaterThanOrEqual(55);
    const first = firstValueFrom(runs);
    const hourly = repeat(3_600_000, async () => runs.next(), { logger: quiet(), event: 'failed', atOnce: true });
    await first;
    hourly.unsubscribe();
  });

  it('logs a run that fails, and goes on', async () => {
    const logger = quiet();
    const runs = new Subject<void>();
    const second = firstValueFrom(runs.pipe(take(2), toArray()));
    const error = new Error('away');
    const run = async () => {
      runs.next();
      throw error;
    };
    const repeated = repeat(5, run, { logger, event: 'work.failed' });
    await second;
    await vi.waitFor(() => expect(logger.warn).toHaveBeenCalledWith({ event: 'work.failed', err: error }));
    repeated.unsubscribe();
  });

  it('never overlaps itself, and runs once more for all triggers during a run', async () => {
    const when = new Subject<void>();
    const finish: (() => void)[] = [];
    let atOnce = 0;
    let most = 0;
    const run = async () => {
      most = Math.max(most, (atOnce += 1));
      await new Promise<void>((resolve) => finish.push(resolve));
      atOnce -= 1;
    };
    const repeated = repeat(3_600_000, run, { logger: quiet(), event: 'failed', when });
    for (let reason = 0; reason < 3; reason += 1) when.next();
    expect(finish).toHaveLength(1);
    finish[0]!();
    await vi.waitFor(() => expect(finish).toHaveLength(2));
    finish[1]!();
    await vi.waitFor(() => expect(atOnce).toBe(0));
    repeated.unsubscribe();
    when.next();
    expect([finish.length, most]).toEqual([2, 1]);
  });

  it('tells a running task of the stop, and does not log its later failure', async () => {
    const logger = quiet();
    const began = new Subject<AbortSignal>();
    const first = firstValueFrom(began);
    let isOver = false;
    const run = async (signal: AbortSignal) => {
      began.next(signal);
      try {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      } finally {
        isOver = true;
      }
    };
    const repeated = repeat(3_600_000, run, { logger, event: 'failed', atOnce: true });
    const signal = await first;
    repeated.unsubscribe();
    expect(signal.aborted).toBe(true);
    await vi.waitFor(() => expect(isOver).toBe(true));
    expect(logger.warn).not.toHaveBeenCalled();
  });
});
