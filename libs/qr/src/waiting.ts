import { Inject, Injectable, Logger, type MessageEvent, type OnModuleDestroy } from '@nestjs/common';
import {
  catchError,
  defer,
  distinctUntilKeyChanged,
  EMPTY,
  expand,
  filter,
  interval,
  map,
  merge,
  type Observable,
  of,
  race,
  ReplaySubject,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import { Bell, type Ring } from './bell.js';
import { QR_OPTIONS, type QrOptions } from './qr.options.js';
import { type TicketLook, TicketLooks, unchangedViewOf, viewOf } from './ticket-looks.js';
import { OPEN_STATUSES, type TicketStatus } from './ticket.moves.js';
import type { StatusView } from './ticket.schemas.js';

/** Proxies cut a connection that says nothing for a minute or less. */
const HEARTBEAT_MS = 15_000;

/** Screens that wait: by long poll, or by server-sent events. Nothing of the database is held meanwhile. */
@Injectable()
export class Waiting implements OnModuleDestroy {
  private readonly logger = new Logger('Waiting');
  /** Once the server goes down, whoever waits is answered, and whoever comes does not wait. */
  private readonly closing = new ReplaySubject<void>(1);

  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    private readonly bell: Bell,
    private readonly tickets: TicketLooks,
  ) {}

  /**
   * Answers once the ticket's status is another than `known`, or after `wait` seconds.
   * @throws Problem ticket_not_found
   */
  poll(uuid: string, secret: string, known: TicketStatus, wait = this.options.hold): Observable<StatusView> {
    return defer(() => {
      const due = new Date(Date.now() + Math.min(wait, this.options.hold) * 1000);
      return this.looks(uuid, secret).pipe(
        switchMap((ticket) =>
          ticket.status === known
            ? race(timer(due), this.closing).pipe(map(() => unchangedViewOf(ticket)))
            : of(viewOf(ticket)),
        ),
        take(1),
      );
    });
  }

  /**
   * Every status of the ticket from now on, up to its last.
   * @throws Problem ticket_not_found, before the stream begins
   */
  async events(uuid: string, secret: string): Promise<Observable<MessageEvent>> {
    await this.tickets.look(uuid, secret);
    const statuses = this.looks(uuid, secret).pipe(
      distinctUntilKeyChanged('status'),
      takeWhile((ticket) => OPEN_STATUSES.has(ticket.status), true),
      map((ticket): MessageEvent => ({ type: ticket.status, data: viewOf(ticket) })),
      // the stream has begun, so no error answer can be given any more: it ends, and the screen asks again
      catchError((cause: unknown) => {
        this.logger.error({ event: 'ticket.events_cut', uuid, err: cause });
        return EMPTY;
      }),
    );
    return withHeartbeat(statuses).pipe(takeUntil(this.closing));
  }

  /** Answers all who wait. */
  onModuleDestroy(): void {
    this.closing.next();
  }

  /** The ticket as it is, then again after each ring that may mean something new, and when its status runs out. */
  private looks(uuid: string, secret: string): Observable<TicketLook> {
    return defer(() => {
      let last: TicketStatus | undefined;
      const look = defer(() => this.tickets.look(uuid, secret));
      // the seat at the bell is taken before the row is read: what changes in between is heard
      return merge(this.bell.rings(uuid), of<Ring>(undefined)).pipe(
        filter((status) => status === undefined || status !== last),
        switchMap(() => look.pipe(expand((ticket) => runningOut(ticket).pipe(switchMap(() => look))))),
        tap((ticket) => (last = ticket.status)),
      );
    });
  }
}

function runningOut({ runsOutAt }: TicketLook): Observable<unknown> {
  return runsOutAt === undefined ? EMPTY : timer(Math.max(0, runsOutAt - performance.now()) + 1);
}

/** Comments between the events, for as long as those go on. */
function withHeartbeat(events: Observable<MessageEvent>): Observable<MessageEvent> {
  return defer(() => {
    const ended = new ReplaySubject<void>(1);
    const beats = interval(HEARTBEAT_MS).pipe(
      map((): MessageEvent => ({ comment: 'still here' })),
      takeUntil(ended),
    );
    return merge(events.pipe(tap({ finalize: () => ended.next() })), beats);
  });
}
