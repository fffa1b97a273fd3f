import { ScanLoginError } from '../error.js';
import { type Platform, platformOf } from '../platform.js';
import { Backoff } from './backoff.js';
import { pause } from './wait.js';

export interface RetryOptions extends Partial<Pick<Platform, 'clock' | 'onOnline'>> {
  /** Milliseconds from now within which an attempt may begin. */
  within: number;
  signal?: AbortSignal;
  /** Called when an attempt has failed and another one follows. */
  onRetry?: (error: ScanLoginError) => void;
}

/**
 * Retries a call after transient errors, with backoff.
 * @throws the error of the last attempt; the reason of `signal`
 */
export async function retry<Result>(
  attempt: () => Promise<Result>,
  { within, signal, onRetry, ...given }: RetryOptions,
): Promise<Result> {
  const platform = platformOf(given);
  const backoff = new Backoff(500);
  const until = platform.clock.now() + within;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ScanLoginError) || !error.isPassing) throw error;
      const ms = backoff.next(error.retryAfter);
      if (platform.clock.now() + ms > until) throw error;
      onRetry?.(error);
      await pause(platform, ms, signal);
    }
  }
}
