import { ScanLoginError } from '../error.js';
import { linked } from '../http/abort.js';
import { untilVisible } from '../http/wait.js';
import { type Platform, subscribe } from '../platform.js';
import { keyOf, type ProofKey } from '../proof-key.js';
import type { OpenTicket } from '../wire.js';
import { Events } from './events.js';
import { Follow, type Status } from './follow.js';
import type { ScreenLoginOptions } from './options.js';
import { Poll } from './poll.js';
import { Progress } from './progress.js';
import { type Account, type Over, type Steps, timed } from './states.js';
import { Ticket } from './ticket.js';

const RENEWALS = 5;
/** A ticket that is over sooner than this was hardly visible, so the next one is delayed. */
const TOO_SOON_MS = 800;
/** How long the server allows a redeem to be repeated if its response got lost. */
const REDEEM_MS = 60_000;
/** Errors that mean that the ticket is over. */
const GONE = new Set<string>(['ticket_expired', 'ticket_not_found', 'ticket_wrong_status']);

/** Signs in a screen: one ticket after the other, each from its opening to its end. */
export class Login {
  private readonly progress: Progress;
  private readonly signal?: AbortSignal;
  private ticket?: Ticket;
  private key?: ProofKey;

  constructor(
    private readonly options: ScreenLoginOptions,
    private readonly device: OpenTicket['device'],
    private readonly platform: Platform,
  ) {
    this.signal = options.signal;
    this.progress = new Progress(platform, options.signal);
  }

  async *run(): Steps<void> {
    // in the listener itself, because a page that is being left gets no further turn of the event loop
    const unsubscribe = subscribe(this.signal, 'abort', () => void this.ticket?.cancel());
    try {
      yield* this.tickets();
    } finally {
      unsubscribe();
      await this.ticket?.cancel();
    }
  }

  private async *tickets(): Steps<void> {
    const { renewals = RENEWALS } = this.options;
    for (let left = renewals; ; left -= 1) {
      // after the user has come back to the page, the renewals count from zero
      if (await untilVisible(this.platform, this.signal)) left = renewals;
      const openedAt = this.platform.clock.now();
      const why = yield* this.one();
      if (!why) return;
      const renewing = (why === 'expired' || why === 'cancelled') && left > 0;
      if (why === 'rejected') await this.ticket?.cancel();
      this.ticket = undefined;
      this.progress.forget();
      yield { at: 'over', why, renewing };
      if (!renewing) return;
      if (this.platform.clock.now() - openedAt < TOO_SOON_MS) await this.progress.pause();
    }
  }

  /** @returns why the ticket is over; nothing if the screen is signed in */
  private async *one(): Steps<Over['why'] | undefined> {
    const ticket = yield* this.progress.retry(() => this.open());
    // loading the key may have taken longer than the ticket lives
    if (ticket.isPast) return 'expired';
    const svg = this.options.svg ? yield* this.progress.retry(() => ticket.svg(this.signal)) : undefined;
    const { uuid, qrUrl, qrImageUrl } = ticket.opened;
    yield this.progress.show({ at: 'waiting', uuid, qrUrl, qrImageUrl, svg, ...timed(ticket) });

    const transport = this.options.transport === 'events' ? new Events(ticket) : new Poll(ticket);
    const follow = new Follow(ticket, transport, this.progress, this.platform, this.signal);
    try {
      const { status, account } = yield* follow.news('pending');
      if (status !== 'confirmed') return whyOf(status);
      yield this.progress.show({ at: 'confirmed', account, ...timed(ticket) });
      const why = yield* this.consent(follow, account);
      if (why) return why;
    } finally {
      transport.close();
    }
    return yield* this.redeem(ticket);
  }

  /** Loads the key before the code is shown, so that a confirmed ticket can always be redeemed. */
  private async open(): Promise<Ticket> {
    const loading = keyOf(this.options.key);
    // awaited after the ticket was opened
    loading.catch(() => undefined);
    this.ticket ??= await Ticket.open(this.platform, this.options.server, this.device, this.signal);
    this.key = await loading;
    return this.ticket;
  }

  /**
   * Asks the person at the screen, while the ticket lives: a stranger who photographs a code can confirm it with an
   * account of their own.
   * @returns why the ticket is not redeemed; nothing if it is
   */
  private async *consent(follow: Follow, account?: Account): Steps<Over['why'] | undefined> {
    const { confirmAccount } = this.options;
    if (!confirmAccount) return undefined;
    if (!account) return 'rejected';
    const question = linked(this.signal);
    const answered = linked();
    try {
      const answer = confirmAccount(account, question.signal);
      if (answer === true) return undefined;
      // awaited below, after the waiting has ended
      void Promise.resolve(answer).then(answered.abort, answered.abort);
      const { status } = yield* follow.news('confirmed', answered.signal);
      if (status !== 'confirmed') return whyOf(status);
      return (await answer) ? undefined : 'rejected';
    } finally {
      question.abort();
      question.unlink();
    }
  }

  private async *redeem(ticket: Ticket): Steps<Over['why'] | undefined> {
    const { refreshCookie } = this.options;
    const until = this.platform.clock.now() + REDEEM_MS;
    try {
      const redeemed = () => ticket.redeem(this.key, refreshCookie, this.signal);
      const tokens = yield* this.progress.retry(redeemed, until);
      this.ticket = undefined;
      const key = tokens.tokenType === 'DPoP' ? this.key : undefined;
      yield { at: 'signed-in', tokens, deviceId: this.device.id, key };
      return undefined;
    } catch (error) {
      if (!(error instanceof ScanLoginError) || !GONE.has(error.code)) throw error;
      return error.currentStatus === 'cancelled' ? 'cancelled' : 'expired';
    }
  }
}

/** A ticket that was redeemed, but not by us, counts as expired. */
function whyOf(status: Status): 'denied' | 'cancelled' | 'expired' {
  return status === 'denied' || status === 'cancelled' ? status : 'expired';
}
