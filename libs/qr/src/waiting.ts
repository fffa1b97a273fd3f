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
import { HeldPoll, type Wait } from './held-poll.js';
import type { LateAnswer } from './late-answer.js';
import { QR_OPTIONS, type QrOptions } from './qr.options.js';
import { type TicketLook, TicketLooks, viewOf } from './ticket-looks.js';
import { OPEN_STATUSES } from './ticket.moves.js';
import type { StatusView } from './ticket.schemas.js';

/** A ticket whose secret the caller has shown, and the status that it knows. */
type ShownTicket = Pick<Wait, 'uuid' | 'secret' | 'known'>;

interface Poll extends ShownTicket {
  /** Seconds. */
  wait?: number;
  answer: LateAnswer;
}

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
   * @returns once it was answered, or is held
   * @throws Problem ticket_not_found
   */
  async poll({ wait = this.options.hold, answer, ...ticket }: Poll): Promise<void> {
    const poll = this.hold({ ...ticket, wait, answer });
    answer.onHangUp(() => poll.leave());
    await poll.begin();
    answer.takeOver();
  }

  /**
   * Every status of the ticket from now on, up to its last.
   * @throws Problem ticket_not_found, before the stream begins
   */
  async events(uuid: string, secret: string): Promise<Observable<MessageEvent>> {
    const first = viewOf(await this.tickets.look(uuid, secret));
    const next = ({ status }: StatusView) =>
      OPEN_STATUSES.has(status) ? this.next({ uuid, secret, known: status }) : EMPTY;
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
  private next(ticket: ShownTicket): Observable<StatusView> {
    return new Observable((listener) => {
      const send = (view: StatusView) => {
        listener.next(view);
        listener.complete();
      };
      const poll = this.hold({ ...ticket, wait: this.options.hold, answer: { send } });
      poll.begin().catch((cause: unknown) => listener.error(cause));
      return () => poll.leave();
    });
  }

  /** Confirming puts the end of the ticket off to so many seconds later: so the row says when it was. */
  private readonly note = ({ status, runsOutAt }: TicketLook): void => {
    if (status !== 'confirmed') return;
    this.confirmed.next(this.options.redeemWithin * 1000 - (runsOutAt! - performance.now()));
  };

  private hold({ wait, ...ticket }: ShownTicket & { wait: number; answer: Wait['answer'] }): HeldPoll {
    const until = performance.now() + Math.min(wait, this.options.hold) * 1000;
    return new HeldPoll({ ...ticket, until, changed: this.note }, this.tickets, this.bell);
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
