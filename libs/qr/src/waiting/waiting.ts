import { withHeartbeat } from '@scan-login/nest/common';
import { Inject, Injectable, Logger, type MessageEvent } from '@nestjs/common';
import { catchError, distinctUntilKeyChanged, EMPTY, expand, map, Observable, of, Subject, takeUntil } from 'rxjs';
import { Bell } from './bell.js';
import { HeldPoll, type Wait } from './held-poll.js';
import type { LateResponse } from './late-response.js';
import { QR_OPTIONS, type QrOptions } from '../qr.options.js';
import { type TicketSnapshot, TicketReader } from './ticket-reader.js';
import { OPEN_STATUSES, type TicketStatus } from '../tickets/ticket.moves.js';
import type { StatusView } from '../tickets/ticket.schemas.js';

/** Who waits for which ticket, and the status that it knows. */
type Waited<View> = Pick<Wait<View>, 'uuid' | 'side' | 'by' | 'known'>;

interface Poll {
  uuid: string;
  /** Seconds. */
  wait?: number;
  response: LateResponse;
}

type StatusPoll = Poll & { secret: string; known: TicketStatus };

/**
 * Clients that wait: screens, by long poll or by server-sent events, and phones that have confirmed. A waiting client
 * holds no database connection.
 */
@Injectable()
export class Waiting {
  /** Milliseconds from a confirm to the response of a poll that was held for it. */
  readonly confirmed = new Subject<number>();
  private readonly logger = new Logger('Waiting');

  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    private readonly bell: Bell,
    private readonly tickets: TicketReader,
  ) {}

  /**
   * Sends the response once the ticket has another status than `known`, or after `wait` seconds.
   * @returns when the response was sent, or the poll is held
   * @throws Problem ticket_not_found
   */
  poll({ secret, ...poll }: StatusPoll): Promise<void> {
    return this.respond({ ...poll, side: this.tickets.screen, by: secret });
  }

  /**
   * For the phone that has confirmed: sends the response once the screen was signed in or went away, or after `wait`
   * seconds.
   * @param decider id of the session that has decided
   * @returns when the response was sent, or the call is held
   * @throws Problem ticket_not_found
   */
  outcome({ decider, ...poll }: Poll & { decider: string }): Promise<void> {
    return this.respond({ ...poll, side: this.tickets.decider, by: decider, known: 'confirmed' });
  }

  private async respond<View extends object>({
    wait = this.options.hold,
    response,
    ...ticket
  }: Poll & Waited<View>): Promise<void> {
    const poll = this.hold({ ...ticket, wait, response });
    response.onClose(() => poll.hangUp());
    await poll.begin();
    response.takeOver();
  }

  /**
   * Every status of the ticket from now on, up to its final one.
   * @throws Problem ticket_not_found, before the stream begins
   */
  async events(uuid: string, secret: string): Promise<Observable<MessageEvent>> {
    const { screen } = this.tickets;
    const first = screen.changed(await screen.read(uuid, secret));
    const next = ({ status }: StatusView) =>
      OPEN_STATUSES.has(status) ? this.next({ uuid, side: screen, by: secret, known: status }) : EMPTY;
    const statuses = of(first).pipe(
      expand(next),
      distinctUntilKeyChanged('status'),
      map((view): MessageEvent => ({ type: view.status, data: view })),
      // the stream has begun, so it is too late for an error response: it ends, and the client connects again
      catchError((cause: unknown) => {
        this.logger.error({ event: 'ticket.events_cut', uuid, err: cause });
        return EMPTY;
      }),
    );
    return withHeartbeat(statuses).pipe(takeUntil(this.bell.down));
  }

  /** The next status, like the response of a poll. */
  private next(ticket: Waited<StatusView>): Observable<StatusView> {
    return new Observable((subscriber) => {
      const send = (view: StatusView) => {
        subscriber.next(view);
        subscriber.complete();
      };
      const poll = this.hold({ ...ticket, wait: this.options.hold, response: { send } });
      poll.begin().catch((cause: unknown) => subscriber.error(cause));
      return () => poll.hangUp();
    });
  }

  /** A confirm sets the expiry to `redeemWithin` seconds later, which tells when it was. */
  private readonly note = ({ status, runsOutAt }: TicketSnapshot): void => {
    if (status !== 'confirmed') return;
    this.confirmed.next(this.options.redeemWithin * 1000 - (runsOutAt! - performance.now()));
  };

  private hold<View>({
    wait,
    ...ticket
  }: Waited<View> & { wait: number; response: Wait<View>['response'] }): HeldPoll<View> {
    const until = performance.now() + Math.min(wait, this.options.hold) * 1000;
    return new HeldPoll({ ...ticket, until, changed: this.note }, this.bell);
  }
}
