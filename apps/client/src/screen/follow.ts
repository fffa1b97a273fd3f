import { ScanLoginError } from '../error.js';
import { linked } from '../http/abort.js';
import { untilVisible, wait } from '../http/wait.js';
import { type Platform, subscribe, type Subscribe } from '../platform.js';
import type { TicketStatus } from '../wire.js';
import { waiting } from './code.js';
import type { Transport } from './poll.js';
import type { Progress } from './progress.js';
import { scanned, type Steps } from './states.js';
import type { Ticket } from './ticket.js';

/** How long after a ticket has expired by our clock the server may still report it. */
const GRACE_MS = 2_000;
/** In the order of a login: only a later status is a change. */
const STATUSES = ['pending', 'scanned', 'confirmed', 'redeemed', 'denied', 'cancelled', 'expired'];

type Status = TicketStatus['status'];
export type News = Pick<TicketStatus, 'status' | 'account' | 'reason'>;

/** Waits for the changes of a ticket. */
export class Follow {
  constructor(
    private readonly ticket: Ticket,
    private readonly transport: Transport,
    private readonly progress: Progress,
    private readonly platform: Platform,
    /** Whether each code is loaded as a picture, too. */
    private readonly withSvg?: boolean,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Waits for the decision of the phone, or the end of the ticket.
   * @param end ends the waiting
   */
  async *news(known: Status, end?: AbortSignal): Steps<News> {
    const { ticket, progress } = this;
    const { clock } = this.platform;
    let isBack = ticket.isResumed;
    for (;;) {
      if (end?.aborted) return { status: known };
      // a hidden code cannot be scanned; once it was scanned, the login goes on in the background
      const wasHidden = known === 'pending' && (await untilVisible(this.platform, this.signal));
      const asked = clock.now();
      // after an absence the present status is needed at once
      const heldMs = wasHidden || isBack ? 0 : ticket.holdFor * 1000;
      isBack = false;
      let delay = 0;
      const call = linked(end);
      try {
        const asking = this.ask(known, heldMs, call.signal);
        if (known === 'pending') yield* this.codes(asking);
        const ticketStatus = await asking;
        if (!ticketStatus) continue;
        const rank = STATUSES.indexOf(ticketStatus.status);
        if (rank > STATUSES.indexOf(known)) {
          known = ticketStatus.status;
          progress.recovered();
          if (rank < 3) ticket.lastsFor(ticketStatus.expiresIn);
          if (rank > 1) return ticketStatus;
          ticket.step = 'scanned';
          yield progress.show(scanned(ticket, ticketStatus));
          continue;
        }
        yield* progress.back();
        // an unchanged status should take the whole wait; if it came early, the next call waits
        if (clock.now() - asked < heldMs * 0.8) delay = progress.backoff.next();
        else if (heldMs > 0) progress.backoff.reset();
      } catch (error) {
        if (this.signal?.aborted || !(error instanceof ScanLoginError)) throw error;
        if (!error.isPassing) break;
        yield* progress.trouble(error);
        isBack = true;
        delay = progress.backoff.next(error.retryAfter);
      } finally {
        // the loop may have been left while a code was shown
        call.abort();
        call.unlink();
      }
      // a code that has expired by our clock is not kept, even if the server keeps reporting no change
      if (!wasHidden && clock.now() > ticket.until + GRACE_MS) break;
      if (delay > 0) await progress.pause(delay, end);
    }
    return { status: 'expired' };
  }

  /** Shows each new code of a rotating ticket while the call for its status is held. */
  private async *codes(asking: Promise<unknown>): Steps<void> {
    const { ticket, progress, platform } = this;
    const { signal, abort } = linked();
    asking.then(abort, abort);
    const answered: Subscribe = (listener) => subscribe(signal, 'abort', listener);
    while (ticket.changesAt < Infinity) {
      await wait(platform, ticket.changesAt - platform.clock.now(), undefined, answered);
      if (signal.aborted) return;
      try {
        const state = await waiting(ticket, this.withSvg, signal);
        progress.recovered();
        yield progress.show(state);
      } catch (error) {
        // it was scanned, or is over: the call for the status says so
        if (signal.aborted || !(error instanceof ScanLoginError) || !error.isPassing) return;
        yield* progress.trouble(error);
        await progress.pause(progress.backoff.next(error.retryAfter), signal);
      }
    }
  }

  /** @returns nothing if the page was hidden while the code was not scanned yet, or if `end` was aborted */
  private async ask(known: Status, heldMs: number, end?: AbortSignal) {
    const { visibility, onOffline } = this.platform;
    const request = linked(this.signal);
    let isOffline = false;
    const ends = [
      subscribe(end, 'abort', request.abort),
      onOffline(() => {
        isOffline = true;
        request.abort();
      }),
      visibility.onChange(() => {
        if (known === 'pending' && visibility.isHidden()) request.abort();
      }),
      request.unlink,
    ];
    try {
      return await this.transport.ask(known, heldMs, request.signal);
    } catch (error) {
      if (!request.signal.aborted || this.signal?.aborted) throw error;
      if (isOffline) throw new ScanLoginError({ code: 'offline', status: 0 });
      return undefined;
    } finally {
      for (const each of ends) each();
    }
  }
}
