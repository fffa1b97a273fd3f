import { Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { Bell, Ring } from './bell.js';
import type { Side, TicketSnapshot } from './ticket-reader.js';
import type { TicketStatus } from '../tickets/ticket.moves.js';

export interface Wait<View> {
  uuid: string;
  /** Who waits. */
  side: Side<View>;
  /** What it identifies itself with: the secret of the ticket, or the id of its session. */
  by: string;
  /** The poll is held while the ticket has this status. */
  known: TicketStatus;
  /** When the response is sent in any case, in milliseconds of `performance.now()`. */
  until: number;
  response: { send(view: View): void };
  /** Called when the ticket changed while the poll was held. */
  changed: (snapshot: TicketSnapshot) => void;
}

/**
 * The state of a poll. It subscribes before it reads the row, so that no change in between is missed.
 *
 * | state | means | next |
 * |---|---|---|
 * | `subscribed` | is subscribed to the bell, has read nothing | `reading` |
 * | `reading` | the row is being read | `stale` when the bell rings; `held` when the status is as known |
 * | `stale` | the same, but what is read may be outdated | `reading` when the status is as known |
 * | `held` | waits for the bell or the end of its time | `reading` when the bell rings or the status expires |
 * | `answered` | the response was sent | |
 * | `gone` | the client has disconnected, or the first read failed | |
 *
 * `answered` follows `reading`, `stale` and `held`: another status was read or came with a ring, or the time is up.
 * `gone` may follow any state but `answered`.
 */
type State = 'subscribed' | 'reading' | 'stale' | 'held' | 'answered' | 'gone';

const logger = new Logger('HeldPoll');

/**
 * A long poll from its first read to its response. It uses neither promises nor RxJS operators while it is held: one
 * process holds many thousands of polls, so memory matters (docs/benchmarks.md has the figures).
 */
export class HeldPoll<View> {
  private readonly subscription: Subscription;
  private state: State = 'subscribed';
  private timer?: NodeJS.Timeout;
  private snapshot?: TicketSnapshot;

  constructor(
    private readonly wait: Wait<View>,
    private readonly bell: Bell,
  ) {
    this.subscription = bell.subscribe(wait.uuid, this);
  }

  /**
   * The first read. When it resolves the poll is answered, held or gone.
   * @throws Problem ticket_not_found
   */
  async begin(): Promise<void> {
    if (this.state !== 'subscribed') return;
    this.state = 'reading';
    try {
      this.wasRead(await this.read());
    } catch (cause) {
      this.hangUp();
      throw cause;
    }
  }

  /** Ends the poll when the client has disconnected. Without effect once the response was sent. */
  hangUp(): void {
    this.end('gone');
  }

  /** The bell rang. */
  next(ring: Ring): void {
    const { known } = this.wait;
    if (ring === known) return;
    // a snapshot of what this process has just written may be used if the client was checked before, and if it is later
    // than the known status
    const isUsable = typeof ring === 'object' && this.snapshot && (known === 'pending' || known === 'scanned');
    if (!isUsable) void this.readAgain();
    else if (ring.status !== known) this.answerChanged(ring);
  }

  /** The server stops: the response is sent as if the time were up. */
  complete(): void {
    this.wait.until = 0;
    if (this.state === 'held') this.answerUnchanged();
  }

  private read(): Promise<TicketSnapshot> {
    const { side, uuid, by } = this.wait;
    return side.read(uuid, by);
  }

  private async readAgain(): Promise<void> {
    if (this.state === 'reading') this.state = 'stale';
    if (this.state !== 'held') return;
    this.state = 'reading';
    clearTimeout(this.timer);
    let snapshot = this.snapshot!;
    try {
      snapshot = await this.read();
    } catch (err) {
      // it stays held: once the database is back, all tickets are read again. The client's next call gets the error
      logger.debug({ event: 'poll.look_failed', uuid: this.wait.uuid, err });
    }
    this.wasRead(snapshot);
  }

  private wasRead(snapshot: TicketSnapshot): void {
    const isStale = this.state === 'stale';
    if (this.isOver) return;
    if (snapshot.status !== this.wait.known) return this.answerChanged(snapshot);
    this.snapshot = snapshot;
    this.state = 'held';
    if (isStale) void this.readAgain();
    else this.setTimer(snapshot);
  }

  /** Wakes the poll when its time is up, or when the status expires. */
  private setTimer({ runsOutAt = Infinity }: TicketSnapshot): void {
    const { until } = this.wait;
    const now = performance.now();
    if (until <= now) return this.answerUnchanged();
    const runsOut = runsOutAt < now ? Infinity : runsOutAt + 1;
    this.timer = setTimeout(() => this.wake(), Math.max(1, Math.ceil(Math.min(until, runsOut) - now)));
  }

  private wake(): void {
    if (performance.now() >= this.wait.until - 1) this.answerUnchanged();
    else void this.readAgain();
  }

  private answerUnchanged(): void {
    this.answer(this.wait.side.unchanged(this.snapshot!));
  }

  private answerChanged(snapshot: TicketSnapshot): void {
    const wasHeld = this.snapshot !== undefined;
    this.answer(this.wait.side.changed(snapshot));
    if (wasHeld) this.wait.changed(snapshot);
  }

  private answer(view: View): void {
    this.end('answered');
    this.wait.response.send(view);
  }

  private end(state: 'answered' | 'gone'): void {
    if (this.isOver) return;
    this.state = state;
    clearTimeout(this.timer);
    this.bell.unsubscribe(this.wait.uuid, this.subscription);
  }

  private get isOver(): boolean {
    return this.state === 'answered' || this.state === 'gone';
  }
}
