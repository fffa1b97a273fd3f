import { ScanLoginError } from '../error.js';
import { linked } from '../http/abort.js';
import { untilVisible } from '../http/wait.js';
import { onWorld, type Platform, subscribe } from '../platform.js';
import { keyOf, type ProofKey } from '../proof-key.js';
import type { OpenTicket } from '../wire.js';
import { waiting } from './code.js';
import { Events } from './events.js';
import { Follow, type News } from './follow.js';
import type { ScreenLoginOptions } from './options.js';
import { Poll } from './poll.js';
import { Progress } from './progress.js';
import { Resume } from './resume.js';
import { type Account, type End, type Steps, timed } from './states.js';
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
  private readonly resume?: Resume;
  private ticket?: Ticket;
  private key?: ProofKey;

  constructor(
    private readonly options: ScreenLoginOptions,
    private device: OpenTicket['device'],
    private readonly platform: Platform,
  ) {
    this.signal = options.signal;
    this.progress = new Progress(platform, options.signal);
    this.resume = options.resume && new Resume(options.resume, options.server);
  }

  async *run(): Steps<void> {
    // in the listeners themselves, because a page that is being left gets no further turn of the event loop
    const ends = [
      subscribe(this.signal, 'abort', () => void this.ticket?.cancel()),
      onWorld('pagehide')(() => this.leave()),
      // a page that comes back from the browser's cache still has its ticket
      onWorld('pageshow')(() => void (this.ticket && this.resume?.take())),
    ];
    try {
      yield* this.tickets();
    } finally {
      for (const end of ends) end();
      await this.ticket?.cancel();
    }
  }

  private async *tickets(): Steps<void> {
    const { renewals = RENEWALS } = this.options;
    for (let left = renewals; ; left -= 1) {
      // after the user has come back to the page, the renewals count from zero
      if (await untilVisible(this.platform, this.signal)) left = renewals;
      const openedAt = this.platform.clock.now();
      const end = yield* this.one();
      if (!end) return;
      const { why } = end;
      const renewing = (why === 'expired' || why === 'cancelled') && left > 0;
      if (why === 'rejected') await this.ticket?.cancel();
      this.ticket = undefined;
      this.progress.forget();
      yield { at: 'over', ...end, renewing };
      if (!renewing) return;
      if (this.platform.clock.now() - openedAt < TOO_SOON_MS) await this.progress.pause();
    }
  }

  /** @returns how the ticket ended; nothing if the screen is signed in */
  private async *one(): Steps<End | undefined> {
    const { svg } = this.options;
    const ticket = yield* this.progress.retry(() => this.open());
    if (ticket.step === 'redeeming') return yield* this.redeem(ticket);
    if (ticket.step === 'waiting') yield* this.code(ticket);
    const transport = this.options.transport === 'events' ? new Events(ticket) : new Poll(ticket);
    const follow = new Follow(ticket, transport, this.progress, this.platform, svg, this.signal);
    try {
      const news = yield* follow.news('pending');
      if (news.status !== 'confirmed') return endOf(news);
      const { account } = news;
      yield this.progress.show({ at: 'confirmed', account, ...timed(ticket) });
      const end = yield* this.consent(follow, account);
      if (end) return end;
    } finally {
      transport.close();
    }
    return yield* this.redeem(ticket);
  }

  /** Takes up the ticket of this page before its reload, or opens one. */
  private async open(): Promise<Ticket> {
    const { platform, signal } = this;
    const { server, rotates, key, device } = this.options;
    this.key = await keyOf(key);
    const keyThumbprint = await this.key?.thumbprint?.();
    const kept = this.resume?.take();
    if (kept && kept.thumbprint === keyThumbprint && (device.id ?? kept.deviceId) === kept.deviceId) {
      this.device = { ...this.device, id: kept.deviceId };
      this.ticket = Ticket.resume(platform, server, kept);
    }
    const body = { device: this.device, keyThumbprint, rotates: rotates || undefined };
    return (this.ticket ??= await Ticket.open(platform, server, body, signal));
  }

  private async *code(ticket: Ticket): Steps<void> {
    try {
      yield this.progress.show(yield* this.progress.retry(() => waiting(ticket, this.options.svg, this.signal)));
    } catch (error) {
      // a resumed ticket may have been scanned, or be over: its status says so
      if (!isGone(error)) throw error;
    }
  }

  /** The page is being left: its ticket is kept, or cancelled. */
  private leave(): void {
    if (!this.ticket) return;
    if (this.resume) this.resume.put(this.ticket.kept);
    else void this.ticket.cancel();
  }

  /**
   * Asks the person at the screen, while the ticket lives: a stranger who photographs a code can confirm it with an
   * account of their own.
   * @returns how the ticket ended; nothing if it is to be redeemed
   */
  private async *consent(follow: Follow, account?: Account): Steps<End | undefined> {
    const { confirmAccount } = this.options;
    if (!confirmAccount) return undefined;
    if (!account) return { why: 'rejected' };
    const question = linked(this.signal);
    const answered = linked();
    try {
      const answer = confirmAccount(account, question.signal);
      if (answer === true) return undefined;
      // awaited below, after the waiting has ended
      void Promise.resolve(answer).then(answered.abort, answered.abort);
      const news = yield* follow.news('confirmed', answered.signal);
      if (news.status !== 'confirmed') return endOf(news);
      return (await answer) ? undefined : { why: 'rejected' };
    } finally {
      question.abort();
      question.unlink();
    }
  }

  private async *redeem(ticket: Ticket): Steps<End | undefined> {
    const { refreshCookie, tokenType } = this.options;
    ticket.step = 'redeeming';
    const until = this.platform.clock.now() + REDEEM_MS;
    try {
      const redeemed = () =>
        ticket.redeem({ refreshCookie: refreshCookie || undefined, tokenType }, this.key, this.signal);
      const tokens = yield* this.progress.retry(redeemed, until);
      this.ticket = undefined;
      const key = tokens.tokenType === 'DPoP' ? this.key : undefined;
      yield { at: 'signed-in', tokens, deviceId: this.device.id, key };
      return undefined;
    } catch (error) {
      if (!isGone(error)) throw error;
      return { why: error.currentStatus === 'cancelled' ? 'cancelled' : 'expired' };
    }
  }
}

function isGone(error: unknown): error is ScanLoginError {
  return error instanceof ScanLoginError && GONE.has(error.code);
}

/** A ticket that was redeemed, but not by us, counts as expired. */
function endOf({ status, reason }: News): End {
  return { why: status === 'denied' || status === 'cancelled' ? status : 'expired', reason };
}
