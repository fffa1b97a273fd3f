import { Signal } from '#libs/signal';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Observable, ReplaySubject, Subject, type Subscription } from 'rxjs';
import type { TicketLook } from './ticket-looks.js';
import type { TicketStatus } from './ticket.moves.js';

/**
 * What a ring may bring, so that not every listener must read the row again: the status that somebody has just read, or
 * the ticket as this process has just written it.
 */
export type Ring = TicketStatus | TicketLook | undefined;

/**
 * One RxJS Subject for each ticket that somebody waits on. Ringing it wakes the held polls of that ticket.
 * A seat is taken on subscription and given back on any end; the last one out removes the Subject.
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

  /** Rings of one ticket, from the moment of subscription on. Completes when the bell is taken down. */
  rings(uuid: string): Observable<Ring> {
    return new Observable((listener) => {
      if (this.isDown) return listener.complete();
      const subject = this.subjects.get(uuid) ?? new Subject<Ring>();
      this.subjects.set(uuid, subject);
      const seat = subject.subscribe(listener);
      this.taken += 1;
      return () => {
        seat.unsubscribe();
        this.taken -= 1;
        if (!subject.observed) this.subjects.delete(uuid);
      };
    });
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
