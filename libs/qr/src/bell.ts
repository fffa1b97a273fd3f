import { Signal } from '#libs/signal';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { defer, finalize, type Observable, Subject } from 'rxjs';
import type { TicketStatus } from './ticket.moves.js';

/** What a ring may bring: the status that somebody has just read, so that not every listener must read it again. */
export type Ring = TicketStatus | undefined;

/**
 * One RxJS Subject for each ticket that somebody waits on. Ringing it wakes the held polls of that ticket.
 * A seat is taken on subscription and given back on any end; the last one out removes the Subject.
 */
@Injectable()
export class Bell implements OnModuleDestroy {
  private readonly subjects = new Map<string, { rings: Subject<Ring>; seats: number }>();
  private readonly hearing;

  constructor(@Inject(Signal) signal: Signal) {
    this.hearing = signal.on('ticket').subscribe((uuid) => this.ring(uuid));
  }

  /** Rings of one ticket, from the moment of subscription on. Never completes by itself. */
  rings(uuid: string): Observable<Ring> {
    return defer(() => {
      const subject = this.subjects.get(uuid) ?? { rings: new Subject<Ring>(), seats: 0 };
      subject.seats += 1;
      this.subjects.set(uuid, subject);
      return subject.rings.pipe(
        finalize(() => {
          subject.seats -= 1;
          if (subject.seats === 0) this.subjects.delete(uuid);
        }),
      );
    });
  }

  ring(uuid: string, status?: Ring): void {
    this.subjects.get(uuid)?.rings.next(status);
  }

  /** Tickets that somebody waits on. */
  get size(): number {
    return this.subjects.size;
  }

  waitedOn(): string[] {
    return [...this.subjects.keys()];
  }

  onModuleDestroy(): void {
    this.hearing.unsubscribe();
  }
}
