import { ScanLoginError } from '../error.js';
import type { Platform } from '../platform.js';
import { Backoff } from './backoff.js';
import { pause } from './wait.js';

interface Limits {
  /** Milliseconds from now in which an attempt may begin. */
  within: number;
  signal?: AbortSignal;
}

/**
 * Repeats what fails for a passing reason.
 * @throws what the last attempt throws; the reason of `signal`
 */
export async function retry<Answer>(
  platform: Platform,
  { within, signal }: Limits,
  attempt: () => Promise<Answer>,
): Promise<Answer> {
  const backoff = new Backoff(500);
  const until = platform.clock.now() + within;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ScanLoginError) || !error.isPassing) throw error;
      const ms = backoff.next(error.retryAfter);
      if (platform.clock.now() + ms > until) throw error;
      await pause(platform, ms, signal);
    }
  }
}
