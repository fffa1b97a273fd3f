const FIRST_MS = 1_000;
const MOST_MS = 30_000;
/** Seconds: the longest `Retry-After` that is honored. */
const MOST_ASKED = 300;

/**
 * How long to wait before the next attempt: twice as long each time, up to half a minute, with random jitter, even if
 * the server tells all clients to wait equally long.
 */
export class Backoff {
  private attempts = 0;

  constructor(private readonly firstMs = FIRST_MS) {}

  /** @param retryAfter seconds that the server asks to wait @returns milliseconds */
  next(retryAfter = 0): number {
    const most = Math.min(MOST_MS, this.firstMs * 2 ** this.attempts);
    this.attempts += 1;
    return Math.max(Math.min(retryAfter, MOST_ASKED) * 1000, most / 2) + (Math.random() * most) / 2;
  }

  /** A call has succeeded. */
  reset(): void {
    this.attempts = 0;
  }
}
