import { Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { Bell, Ring } from './bell.js';
import { type TicketLook, type TicketLooks, unchangedViewOf, viewOf } from './ticket-looks.js';
import type { TicketStatus } from './ticket.moves.js';
import type { StatusView } from './ticket.schemas.js';

export interface Wait {
  uuid: string;
  secret: string;
  /** It is held for as long as this is the status. */
  known: TicketStatus;
  /** When it is answered in any case, in the milliseconds of `performance.now()`. */
  until: number;
  answer: { send(view: StatusView): void };
  /** The ticket changed while it was held. */
  changed: (ticket: TicketLook) => void;
}

const logger = new Logger('HeldPoll');

/**
 * One screen that waits. Plain, without a promise or an operator of RxJS: many thousands of these are in one process, and
 * whatever one of them keeps is kept by all (docs/benchmarks.md has the figures).
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
    private readonly tickets: TicketLooks,
    private readonly bell: Bell,
  ) {
    // the seat is taken before the row is read: what changes in between is heard
    this.seat = bell.sit(wait.uuid, this);
  }

  /**
   * The first look. Once it is over the poll is answered, or held.
   * @throws Problem ticket_not_found
   */
  async begin(): Promise<void> {
    this.isLooking = true;
    try {
      this.seen(await this.tickets.look(this.wait.uuid, this.wait.secret));
    } catch (cause) {
      this.leave();
      throw cause;
    }
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
    if (!isKnown) void this.look();
    else if (ring.status !== known) this.seen(ring);
  }

  /** The bell is taken down, because the server stops: whoever waits is answered. */
  complete(): void {
    this.wait.until = 0;
    if (this.ticket && !this.isLooking) this.finish(unchangedViewOf(this.ticket));
  }

  private async look(): Promise<void> {
    this.isStale = this.isLooking;
    if (this.isLooking || this.isOver) return;
    this.isLooking = true;
    clearTimeout(this.timer);
    let ticket = this.ticket!;
    try {
      ticket = await this.tickets.look(this.wait.uuid, this.wait.secret);
    } catch (err) {
      // what was held is held on: once the database is back, all are read again, and the next call learns what is wrong
      logger.debug({ event: 'poll.look_failed', uuid: this.wait.uuid, err });
    }
    this.seen(ticket);
  }

  private seen(ticket: TicketLook): void {
    const wasHeld = this.ticket !== undefined;
    this.isLooking = false;
    this.ticket = ticket;
    if (this.isOver) return;
    if (ticket.status !== this.wait.known) {
      this.finish(viewOf(ticket));
      if (wasHeld) this.wait.changed(ticket);
    } else if (this.isStale) void this.look();
    else this.hold(ticket);
  }

  /** Until the time is up, or the status runs out by itself. */
  private hold(ticket: TicketLook): void {
    const { until } = this.wait;
    const now = performance.now();
    if (until <= now) return this.finish(unchangedViewOf(ticket));
    const runsOut = ticket.runsOutAt === undefined || ticket.runsOutAt < now ? Infinity : ticket.runsOutAt + 1;
    this.timer = setTimeout(() => this.wake(), Math.max(1, Math.ceil(Math.min(until, runsOut) - now)));
  }

  private wake(): void {
    if (performance.now() >= this.wait.until - 1) this.finish(unchangedViewOf(this.ticket!));
    else void this.look();
  }

  private finish(view: StatusView): void {
    this.leave();
    this.wait.answer.send(view);
  }
}
