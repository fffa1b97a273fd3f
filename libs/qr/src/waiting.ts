import { Inject, Injectable, Logger, type MessageEvent } from '@nestjs/common';
import {
  catchError,
  defer,
  distinctUntilKeyChanged,
  EMPTY,
  expand,
  interval,
  map,
  merge,
  Observable,
  of,
  ReplaySubject,
  Subject,
  takeUntil,
  tap,
} from 'rxjs';
import { Bell } from './bell.js';
import type { OnHangUp } from './hang-up.js';
import { HeldPoll } from './held-poll.js';
import { QR_OPTIONS, type QrOptions } from './qr.options.js';
import { type TicketLook, TicketLooks, viewOf } from './ticket-looks.js';
import { OPEN_STATUSES, type TicketStatus } from './ticket.moves.js';
import type { StatusView } from './ticket.schemas.js';

/** Proxies cut a connection that says nothing for a minute or less. */
const HEARTBEAT_MS = 15_000;

/** Screens that wait: by long poll, or by server-sent events. Nothing of the database is held meanwhile. */
@Injectable()
export class Waiting {
  /** Milliseconds from a confirm to the answer of a poll that was held for it. */
  readonly confirmed = new Subject<number>();
  private readonly logger = new Logger('Waiting');

  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    private readonly bell: Bell,
    private readonly tickets: TicketLooks,
  ) {}

  /**
   * Answers once the ticket's status is another than `known`, or after `wait` seconds.
   * @throws Problem ticket_not_found
   */
  poll(
    uuid: string,
    secret: string,
    known: TicketStatus,
    onHangUp: OnHangUp,
    wait = this.options.hold,
  ): Promise<StatusView> {
    // whoever has gone gets no answer: then the promise goes with the request that held it
    return new Promise((answer, fail) => {
      const poll = this.hold(uuid, secret, known, wait, answer, fail);
      onHangUp(() => poll.leave());
    });
  }

  /**
   * Every status of the ticket from now on, up to its last.
   * @throws Problem ticket_not_found, before the stream begins
   */
  async events(uuid: string, secret: string): Promise<Observable<MessageEvent>> {
    const first = viewOf(await this.tickets.look(uuid, secret));
    const next = ({ status }: StatusView) => (OPEN_STATUSES.has(status) ? this.next(uuid, secret, status) : EMPTY);
    const statuses = of(first).pipe(
      expand(next),
      distinctUntilKeyChanged('status'),
      map((view): MessageEvent => ({ type: view.status, data: view })),
      // the stream has begun, so no error answer can be given any more: it ends, and the screen asks again
      catchError((cause: unknown) => {
        this.logger.error({ event: 'ticket.events_cut', uuid, err: cause });
        return EMPTY;
      }),
    );
    return withHeartbeat(statuses).pipe(takeUntil(this.bell.down));
  }

  /** What a poll would be answered. */
  private next(uuid: string, secret: string, known: TicketStatus): Observable<StatusView> {
    return new Observable((listener) => {
      const answer = (view: StatusView) => {
        listener.next(view);
        listener.complete();
      };
      const poll = this.hold(uuid, secret, known, this.options.hold, answer, (cause) => listener.error(cause));
      return () => poll.leave();
    });
  }

  /** Confirming puts the end of the ticket off to so many seconds later: so the row says when it was. */
  private readonly note = ({ status, runsOutAt }: TicketLook): void => {
    if (status !== 'confirmed') return;
    this.confirmed.next(this.options.redeemWithin * 1000 - (runsOutAt! - performance.now()));
  };

  private hold(
    uuid: string,
    secret: string,
    known: TicketStatus,
    wait: number,
    answer: (view: StatusView) => void,
    fail: (cause: unknown) => void,
  ): HeldPoll {
    const until = performance.now() + Math.min(wait, this.options.hold) * 1000;
    const look = () => this.tickets.look(uuid, secret);
    return new HeldPoll({ uuid, known, until, look, answer, fail, changed: this.note }, this.bell);
  }
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
