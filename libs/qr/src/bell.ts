import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type Observable, ReplaySubject, Subject, Subscription } from 'rxjs';
import type { TicketLook } from './ticket-looks.js';
import type { TicketStatus } from './ticket.moves.js';

/**
 * What a ring may bring, so that not every listener must read the row again: the status that somebody has just read, or
 * the ticket as this process has just written it.
 */
export type Ring = TicketStatus | TicketLook | undefined;

/** Somebody who waits. */
export interface Listener {
  next(ring: Ring): void;
  complete(): void;
}

/**
 * One RxJS Subject for each ticket that somebody waits on. Ringing it wakes the held polls of that ticket.
 */
@Injectable()
export class Bell implements OnModuleDestroy {
  private readonly subjects = new Map<string, Subject<Ring>>();
  private readonly hearing: Subscription;
  private taken = 0;
  private isDown = false;
  private readonly goingDown = new ReplaySubject<void>(1);

  constructor(@Inject(Signal) signal: Signal) {
    this.hearing = signal.on('ticket').subscribe((uuid) => this.ring(uuid));
  }

  /**
   * Takes a seat: from now on the listener hears the rings of one ticket, and `complete` when the bell is taken down.
   * Subscribed to the Subject itself, since whatever stands in between is kept for each held poll.
   * @returns to be handed to `leave`, once
   */
  sit(uuid: string, listener: Listener): Subscription {
    if (this.isDown) {
      listener.complete();
      return Subscription.EMPTY;
    }
    const subject = this.subjects.get(uuid) ?? new Subject<Ring>();
    this.subjects.set(uuid, subject);
    this.taken += 1;
    return subject.subscribe(listener);
  }

  /** Gives a seat back; the last one out removes the Subject. */
  leave(uuid: string, seat: Subscription): void {
    if (seat === Subscription.EMPTY) return;
    seat.unsubscribe();
    this.taken -= 1;
    if (!this.subjects.get(uuid)?.observed) this.subjects.delete(uuid);
  }

  ring(uuid: string, ring?: Ring): void {
    this.subjects.get(uuid)?.next(ring);
  }

  /** Emits once the bell was taken down. */
  get down(): Observable<void> {
    return this.goingDown;
  }

  /** Tickets that somebody waits on. */
  get size(): number {
    return this.subjects.size;
  }

  /** Held polls and event streams. */
  get seats(): number {
    return this.taken;
  }

  waitedOn(): string[] {
    return [...this.subjects.keys()];
  }

  /** Once the server goes down, whoever waits is answered, and whoever comes does not wait. */
  onModuleDestroy(): void {
    this.hearing.unsubscribe();
    this.isDown = true;
    this.goingDown.next();
    for (const subject of this.subjects.values()) subject.complete();
  }
}
