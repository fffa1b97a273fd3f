import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type Observable, ReplaySubject, Subject, Subscription } from 'rxjs';
import type { TicketSnapshot } from './ticket-reader.js';
import type { TicketStatus } from '../tickets/ticket.moves.js';

/**
 * What a ring may carry, so that waiters need not read the row again: the status that was read from the row, or the
 * ticket as this process has just written it.
 */
export type Ring = TicketStatus | TicketSnapshot | undefined;

/** Receives the rings of one ticket. */
export interface Waiter {
  next(ring: Ring): void;
  complete(): void;
}

/** One RxJS Subject for each ticket that has waiters. Ringing it wakes the held polls of that ticket. */
@Injectable()
export class Bell implements OnModuleDestroy {
  private readonly subjects = new Map<string, Subject<Ring>>();
  private readonly signals: Subscription;
  private count = 0;
  private isDown = false;
  private readonly goingDown = new ReplaySubject<void>(1);

  constructor(@Inject(Signal) signal: Signal) {
    this.signals = signal.on('ticket').subscribe((uuid) => this.ring(uuid));
  }

  /**
   * Subscribes a waiter to the rings of one ticket. It is completed when the bell is taken down.
   * The waiter subscribes to the Subject itself: an operator in between would take memory for each held poll.
   * @returns to be given to `unsubscribe`, once
   */
  subscribe(uuid: string, waiter: Waiter): Subscription {
    if (this.isDown) {
      waiter.complete();
      return Subscription.EMPTY;
    }
    const subject = this.subjects.get(uuid) ?? new Subject<Ring>();
    this.subjects.set(uuid, subject);
    this.count += 1;
    return subject.subscribe(waiter);
  }

  /** Unsubscribing the last waiter of a ticket removes the Subject. */
  unsubscribe(uuid: string, subscription: Subscription): void {
    if (subscription === Subscription.EMPTY) return;
    subscription.unsubscribe();
    this.count -= 1;
    if (!this.subjects.get(uuid)?.observed) this.subjects.delete(uuid);
  }

  ring(uuid: string, ring?: Ring): void {
    this.subjects.get(uuid)?.next(ring);
  }

  /** Emits when the bell is taken down, and to later subscribers at once. */
  get down(): Observable<void> {
    return this.goingDown;
  }

  /** How many tickets have waiters. */
  get size(): number {
    return this.subjects.size;
  }

  /** How many held polls and event streams there are. */
  get waiters(): number {
    return this.count;
  }

  /** The tickets that have waiters. */
  waitedOn(): string[] {
    return [...this.subjects.keys()];
  }

  /** Takes the bell down: all waiters are completed, and later ones at once. */
  onModuleDestroy(): void {
    this.signals.unsubscribe();
    this.isDown = true;
    this.goingDown.next();
    for (const subject of this.subjects.values()) subject.complete();
  }
}
