import type { Subscription } from 'rxjs';
import type { Bell, Ring } from './bell.js';
import { type TicketLook, unchangedViewOf, viewOf } from './ticket-looks.js';
import type { TicketStatus } from './ticket.moves.js';
import type { StatusView } from './ticket.schemas.js';

export interface Wait {
  uuid: string;
  /** It is held for as long as this is the status. */
  known: TicketStatus;
  /** When it is answered in any case, in the milliseconds of `performance.now()`. */
  until: number;
  look: () => Promise<TicketLook>;
  answer: (view: StatusView) => void;
  /** The ticket changed while it was held. */
  changed: (ticket: TicketLook) => void;
  fail: (cause: unknown) => void;
}

/**
 * One screen that waits. Plain, without an operator of RxJS: many thousands of these are in one process, and whatever
 * one of them keeps is kept by all (docs/benchmarks.md has the figures).
 */
export class HeldPoll {
  private readonly seat: Subscription;
  private timer?: NodeJS.Timeout;
  private ticket?: TicketLook;
  private isLooking = false;
  /** Something may have changed since the row was asked for. */
  private isStale = false;
  private isOver = false;

  constructor(
    private readonly wait: Wait,
    private readonly bell: Bell,
  ) {
    // the seat is taken before the row is read: what changes in between is heard
    this.seat = bell.sit(wait.uuid, this);
    this.look();
  }

  /** Nobody is to be answered any more. */
  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.bell.leave(this.wait.uuid, this.seat);
  }

  /** The bell rang. */
  next(ring: Ring): void {
    const { known } = this.wait;
    if (ring === known) return;
    // the row was written by this process: good to whoever has shown the secret, and waits for what comes later
    const isKnown = typeof ring === 'object' && this.ticket && (known === 'pending' || known === 'scanned');
    if (!isKnown) this.look();
    else if (ring.status !== known) this.seen(ring);
  }

  /** The bell is taken down, because the server stops: whoever waits is answered. */
  complete(): void {
    this.wait.until = 0;
    if (this.ticket && !this.isLooking) this.finish(unchangedViewOf(this.ticket));
  }

  private look(): void {
    this.isStale = this.isLooking;
    if (this.isLooking || this.isOver) return;
    this.isLooking = true;
    clearTimeout(this.timer);
    this.wait.look().then(
      (ticket) => this.seen(ticket),
      (cause: unknown) => this.unseen(cause),
    );
  }

  private seen(ticket: TicketLook): void {
    const wasHeld = this.ticket !== undefined;
    this.isLooking = false;
    this.ticket = ticket;
    if (this.isOver) return;
    if (ticket.status !== this.wait.known) {
      this.finish(viewOf(ticket));
      if (wasHeld) this.wait.changed(ticket);
    } else if (this.isStale) this.look();
    else this.hold(ticket);
  }

  private unseen(cause: unknown): void {
    if (this.isOver) return;
    this.leave();
    this.wait.fail(cause);
  }

  /** Until the time is up, or the status runs out by itself. */
  private hold(ticket: TicketLook): void {
    const { until } = this.wait;
    const runsOut = ticket.runsOutAt === undefined ? Infinity : ticket.runsOutAt + 1;
    const now = performance.now();
    if (until <= now) this.finish(unchangedViewOf(ticket));
    else this.timer = setTimeout(() => this.wake(), Math.max(1, Math.ceil(Math.min(until, runsOut) - now)));
  }

  private wake(): void {
    if (performance.now() >= this.wait.until - 1) this.finish(unchangedViewOf(this.ticket!));
    else this.look();
  }

  private finish(view: StatusView): void {
    this.leave();
    this.wait.answer(view);
  }
}
