import { ScanLoginError } from '../error.js';
import { Backoff } from '../http/backoff.js';
import { pause, untilVisible } from '../http/wait.js';
import type { Platform } from '../platform.js';
import type { Offline, ScreenState, Steps } from './states.js';

/** The state that a login shows, and its retries during an outage. */
export class Progress {
  readonly backoff = new Backoff();
  /** The last state that was shown of this ticket. */
  private shown?: ScreenState;
  private isOffline = false;

  constructor(
    private readonly platform: Platform,
    private readonly signal?: AbortSignal,
  ) {}

  show<State extends ScreenState>(state: State): State {
    this.shown = state;
    return state;
  }

  /** Called when the ticket of the shown state is over. */
  forget(): void {
    this.shown = undefined;
  }

  /** Retries after transient errors, with backoff. */
  async *retry<Result>(attempt: () => Promise<Result>, until = Infinity): Steps<Result> {
    for (;;) {
      try {
        const result = await attempt();
        this.isOffline = false;
        return result;
      } catch (error) {
        const isPassing = error instanceof ScanLoginError && error.isPassing;
        if (!isPassing || this.platform.clock.now() > until) throw error;
        yield* this.trouble(error);
        await this.pause(this.backoff.next(error.retryAfter));
        await untilVisible(this.platform, this.signal);
      }
    }
  }

  *trouble(error: ScanLoginError): Generator<Offline, void, void> {
    if (this.isOffline) return;
    this.isOffline = true;
    yield { at: 'offline', error, before: this.shown };
  }

  /** The server responds again, with a change. */
  recovered(): void {
    this.isOffline = false;
    this.backoff.reset();
  }

  /** The server responds again, and nothing has changed: shows the interrupted state again. */
  *back(): Generator<ScreenState, void, void> {
    if (this.isOffline && this.shown) yield this.shown;
    this.isOffline = false;
  }

  /** @param end ends it early */
  pause(ms = this.backoff.next(), end?: AbortSignal): Promise<void> {
    return pause(this.platform, ms, this.signal, end);
  }
}
