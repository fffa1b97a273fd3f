import { ScanLoginError } from '../error.js';
import { linked } from '../http/abort.js';
import { untilVisible } from '../http/wait.js';
import { type Platform, subscribe } from '../platform.js';
import type { TicketStatus } from '../wire.js';
import type { Transport } from './poll.js';
import type { Progress } from './progress.js';
import { scanned, type Steps } from './states.js';
import type { Ticket } from './ticket.js';

/** How much later than by our own clock the server may say that a ticket is over. */
const GRACE_MS = 2_000;
/** In the order of a login: only a later one is news, and from `confirmed` on the phone has nothing more to say. */
const STATUSES = ['pending', 'scanned', 'confirmed', 'redeemed', 'denied', 'cancelled', 'expired'];

export type Status = TicketStatus['status'];
type News = Pick<TicketStatus, 'status' | 'account'>;

/** Hears what becomes of a ticket. */
export class Follow {
  constructor(
    private readonly ticket: Ticket,
    private readonly transport: Transport,
    private readonly progress: Progress,
    private readonly platform: Platform,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Waits for what the phone says last.
   * @param end says that nothing more is waited for
   */
  async *news(known: Status, end?: AbortSignal): Steps<News> {
    const { ticket, progress } = this;
    const { clock } = this.platform;
    let isBack = false;
    for (;;) {
      if (end?.aborted) return { status: known };
      // what is not seen cannot be scanned; but once scanned, it goes on in the background
      const wasHidden = known === 'pending' && (await untilVisible(this.platform, this.signal));
      const asked = clock.now();
      // after an absence, it matters at once where things stand
      const heldMs = wasHidden || isBack ? 0 : ticket.holdFor * 1000;
      isBack = false;
      let delay = 0;
      try {
        const answer = await this.ask(known, heldMs, end);
        if (!answer) continue;
        const rank = STATUSES.indexOf(answer.status);
        if (rank > STATUSES.indexOf(known)) {
          known = answer.status;
          progress.backoff.reset();
          progress.recovered();
          if (rank < 3) ticket.lastsFor(answer.expiresIn);
          if (rank > 1) return answer;
          yield progress.show(scanned(ticket, answer));
          continue;
        }
        yield* progress.back();
        // nothing new is worth the whole wait; a response before it was due must not make us ask at once
        if (clock.now() - asked < heldMs * 0.8) delay = progress.backoff.next();
        else if (heldMs > 0) progress.backoff.reset();
      } catch (error) {
        if (this.signal?.aborted || !(error instanceof ScanLoginError)) throw error;
        if (!error.isPassing) break;
        yield* progress.trouble(error);
        isBack = true;
        delay = progress.backoff.next(error.retryAfter);
      }
      // a server that goes on saying that nothing is new does not keep a dead code alive
      if (!wasHidden && clock.now() > ticket.until + GRACE_MS) break;
      if (delay > 0) await progress.pause(delay, end);
    }
    return { status: 'expired' };
  }

  /** @returns nothing where the page was hidden meanwhile, and nobody has scanned yet; or at the end of the waiting */
  private async ask(known: Status, heldMs: number, end?: AbortSignal) {
    const { visibility } = this.platform;
    const request = linked(this.signal);
    const ends = [
      subscribe(end, 'abort', request.abort),
      visibility.onChange(() => {
        if (known === 'pending' && visibility.isHidden()) request.abort();
      }),
      request.unlink,
    ];
    try {
      return await this.transport.ask(known, heldMs, request.signal);
    } catch (error) {
      if (request.signal.aborted && !this.signal?.aborted) return undefined;
      throw error;
    } finally {
      for (const each of ends) each();
    }
  }
}
