import type { Ring } from './rings.js';

/**
 * Milliseconds between batches. The first ring after a pause is sent at once; in busy times rings are sent together,
 * because each batch wakes every instance, and a NOTIFY takes a database-wide lock at commit.
 */
const APART_MS = 5;
/** The most rings that are kept while there is no connection. The other instances read their tickets again anyway. */
const MOST = 10_000;

/** Rings on their way to the other instances: sent in batches, and kept while there is no connection. */
export class Outbox {
  private waiting: Ring[] = [];
  private timer?: NodeJS.Timeout;
  private sentAt = -Infinity;
  private sending: Promise<void> = Promise.resolve();

  /** @param deliver sends a batch; a failure keeps the batch for the next `flush` */
  constructor(private readonly deliver: (rings: readonly Ring[]) => Promise<void>) {}

  add(ring: Ring): void {
    this.waiting.push(ring);
    if (this.waiting.length > MOST) this.waiting.splice(0, this.waiting.length - MOST);
    this.timer ??= setTimeout(() => void this.flush(), Math.max(0, this.sentAt + APART_MS - performance.now()));
  }

  /** Sends what is waiting, after the batch that is being sent. Never throws. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sending = this.sendAfter(this.sending);
    return this.sending;
  }

  private async sendAfter(previous: Promise<void>): Promise<void> {
    await previous;
    const batch = this.waiting;
    if (batch.length === 0) return;
    this.waiting = [];
    this.sentAt = performance.now();
    try {
      await this.deliver(batch);
    } catch {
      this.waiting = [...batch, ...this.waiting].slice(-MOST);
    }
  }
}
