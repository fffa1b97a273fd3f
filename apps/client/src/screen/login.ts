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
/** A ticket that is over sooner than this can hardly have been seen. */
const TOO_SOON_MS = 800;
/** For how long the server lets a redeem be repeated whose response got lost. */
const REDEEM_MS = 60_000;
/** The ticket is over: refused because of what happened to it meanwhile. */
const GONE = new Set<string>(['ticket_expired', 'ticket_not_found', 'ticket_wrong_status']);

/** Signs a screen in: tickets one after the other, each from its opening to its end. */
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
    // at once, because a page that is left does not get another turn
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
      // a person who comes back to the page is there
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

  /** @returns why the ticket is over; nothing where the screen is signed in */
  private async *one(): Steps<Over['why'] | undefined> {
    const ticket = yield* this.progress.retry(() => this.open());
    // what else was needed may have come too late for it
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

  /** Nothing may be confirmed that cannot be redeemed: the key is there before the code is. */
  private async open(): Promise<Ticket> {
    const loading = keyOf(this.options.key);
    // awaited once the ticket is there
    loading.catch(() => undefined);
    this.ticket ??= await Ticket.open(this.platform, this.options.server, this.device, this.signal);
    this.key = await loading;
    return this.ticket;
  }

  /**
   * Asks the person at the screen, for as long as the ticket lives: a stranger who photographs a code can confirm it with
   * an account of their own.
   * @returns why there is nothing to redeem
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
      // awaited below, once nothing is asked any more
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

/** Redeemed, but not by us: what is left of it is nothing. */
function whyOf(status: Status): 'denied' | 'cancelled' | 'expired' {
  return status === 'denied' || status === 'cancelled' ? status : 'expired';
}
