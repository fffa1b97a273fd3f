import { CallFailed } from '../common/http.js';
import { untilVisible, wait } from '../common/wait.js';
import { Pace } from './pace.js';
import type { Picture } from './picture.js';
import type { Opened, Person, ScreenApi, Status } from './screen-api.js';

/** What there is to see. */
export interface View {
  at: 'opening' | 'waiting' | 'scanned' | 'asking' | 'confirmed' | 'done' | 'denied' | 'expired' | 'failed';
  picture?: Picture;
  /** What the code stands for, and what runs out. */
  ticket?: Opened;
  /** The person at the screen is this account. */
  goOn?: () => void;
  account?: Person;
  number?: string;
  /** Code of the problem that ended it. */
  why?: string;
}

export interface Audience {
  show(view: View): void;
  offline(isOffline: boolean): void;
  tell(event: 'scanned' | 'login' | 'denied' | 'expired' | 'error', detail: object): void;
}

/** Codes that replace an expired one by themselves; then somebody must show that they are still there. */
const RENEWALS = 5;
/** A ticket that is over sooner than this was hardly seen by anybody. */
const TOO_SOON_MS = 800;
/** How much later than by our own clock the server may say that a ticket is over. */
const GRACE_MS = 2_000;
/** For how long the server lets a redeem be repeated whose answer got lost. */
const REDEEM_FOR_MS = 60_000;
/** In the order of a login: only a later one is news. The first that is the end is `redeemed`. */
const STATUSES = ['pending', 'scanned', 'confirmed', 'redeemed', 'denied', 'cancelled', 'expired'];

/** Signs a screen in: tickets one after the other, each from its opening to its end. */
export class Login {
  private readonly pace = new Pace();
  private ticket?: Opened;

  constructor(
    private readonly api: ScreenApi,
    private readonly audience: Audience,
    private readonly refreshCookie: boolean,
    private readonly confirmAccount: string,
  ) {}

  /** Goes on until somebody is signed in, or has to click. `signal` ends it, and its ticket. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.tickets(signal);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    } finally {
      if (this.ticket) this.api.cancel(this.ticket);
    }
  }

  private async tickets(signal: AbortSignal): Promise<void> {
    for (let renewals = 0; ; renewals += 1) {
      // whoever comes back to the tab is there
      if (await untilVisible(signal)) renewals = 0;
      const openedAt = performance.now();
      const end = await this.one(signal);
      this.ticket = undefined;
      if (end !== 'expired') return;
      const isRenewing = renewals < RENEWALS;
      this.audience.tell('expired', { renewing: isRenewing });
      if (!isRenewing) return this.audience.show({ at: 'expired' });
      if (performance.now() - openedAt < TOO_SOON_MS) await this.pause(signal);
    }
  }

  private async one(signal: AbortSignal): Promise<'expired' | undefined> {
    this.audience.show({ at: 'opening' });
    const ticket = await this.insist(() => this.open(signal), signal);
    // what else was needed may have come too late for it
    if (performance.now() > ticket.until) return 'expired';
    const picture = await this.insist(() => this.api.picture(ticket, signal), signal);
    this.audience.show({ at: 'waiting', picture, ticket });

    const { status, account } = await this.follow(ticket, signal);
    if (status === 'denied') {
      this.audience.tell('denied', {});
      this.audience.show({ at: 'denied' });
      return undefined;
    }
    if (status !== 'confirmed') return 'expired';
    this.audience.show({ at: 'confirmed', account });
    const redeemed = () => this.api.redeem(ticket, this.refreshCookie, signal);
    const tokens = await this.insist(redeemed, signal, performance.now() + REDEEM_FOR_MS);
    this.ticket = undefined;
    this.audience.show({ at: 'done', account: tokens.account });
    this.audience.tell('login', { tokens, deviceId: this.api.device.id, key: this.api.key });
    return undefined;
  }

  /** Nobody may confirm what cannot be redeemed: so the key is there before the code is, whatever it takes. */
  private async open(signal: AbortSignal): Promise<Opened> {
    const loading = this.api.load();
    // while the ticket is not there, nobody looks at it
    loading.catch(() => undefined);
    this.ticket ??= await this.api.open(signal);
    await loading;
    return this.ticket;
  }

  /** Waits for the last word on the ticket: that of the person at the screen where they are asked. */
  private async follow(ticket: Opened, signal: AbortSignal): Promise<Status> {
    let { until } = ticket;
    let last: Status = { status: 'pending', expiresIn: ticket.expiresIn };
    let isBack = false;
    const agreed = new AbortController();
    for (;;) {
      if (agreed.signal.aborted) return last;
      // nobody can scan what nobody sees; but once scanned, it goes on in the background
      const wasHidden = last.status === 'pending' && (await untilVisible(signal));
      const asked = performance.now();
      // whoever was away wants to know at once where things stand
      const heldMs = wasHidden || isBack ? 0 : ticket.holdFor * 1000;
      isBack = false;
      let delay = 0;
      try {
        const answer = await this.ask(ticket, last.status, heldMs / 1000, signal, agreed.signal);
        this.audience.offline(false);
        const rank = STATUSES.indexOf(answer.status);
        // a status that nobody knows is no news either
        if (rank > STATUSES.indexOf(last.status)) {
          last = answer;
          this.pace.reset();
          if (rank > (this.asksFor(answer) ? 2 : 1)) return answer;
          const { account, expiresIn } = answer;
          until = performance.now() + expiresIn * 1000;
          if (rank < 2) this.scanned(answer);
          else
            this.audience.show({
              at: 'asking',
              account,
              ticket: { ...ticket, until, expiresIn },
              goOn: () => {
                // at once: the next try after a lost connection may be half a minute away
                this.audience.show({ at: 'confirmed', account });
                agreed.abort();
              },
            });
          continue;
        }
        // nothing new is worth the whole wait; an answer before it was due must not make us ask at once
        const isEarly = performance.now() - asked < heldMs * 0.8;
        if (isEarly) delay = this.pace.next();
        else if (heldMs > 0) this.pace.reset();
      } catch (error) {
        if (signal.aborted) throw error;
        if ((error as Error).name === 'AbortError') continue;
        if (!(error instanceof CallFailed)) throw error;
        if (!error.isPassing) break;
        this.trouble(error);
        isBack = true;
        delay = this.pace.next(error.retryAfter);
      }
      // a server that goes on saying that nothing is new does not keep a dead code alive
      if (!wasHidden && performance.now() > until + GRACE_MS) break;
      if (delay > 0) await this.pause(signal, delay);
    }
    return { status: 'expired', expiresIn: 0 };
  }

  /** @throws AbortError when the tab was hidden and nobody has scanned yet */
  private async ask(ticket: Opened, known: string, held: number, ...ends: AbortSignal[]): Promise<Status> {
    const poll = new AbortController();
    const stop = () => poll.abort();
    const stopWhenHidden = () => document.hidden && known === 'pending' && stop();
    for (const end of ends) end.addEventListener('abort', stop, { signal: poll.signal });
    document.addEventListener('visibilitychange', stopWhenHidden, { signal: poll.signal });
    try {
      return await this.api.status(ticket, known, held, poll.signal);
    } finally {
      // and both listeners with it
      stop();
    }
  }

  /** A stranger who photographs the code can scan and confirm it with an account of their own. */
  private asksFor({ account }: Status): boolean {
    const { confirmAccount } = this;
    return confirmAccount === 'always' || (confirmAccount !== 'never' && !account?.knownHere);
  }

  private scanned({ account, number }: Status): void {
    this.audience.tell('scanned', { account });
    this.audience.show({ at: 'scanned', account, number: number === undefined ? undefined : String(number) });
  }

  /** Tries again, with growing pauses, what fails for a passing reason. */
  private async insist<T>(attempt: () => Promise<T>, signal: AbortSignal, until = Infinity): Promise<T> {
    for (;;) {
      try {
        const answer = await attempt();
        this.audience.offline(false);
        return answer;
      } catch (error) {
        if (!(error instanceof CallFailed) || !error.isPassing || performance.now() > until) throw error;
        this.trouble(error);
        await this.pause(signal, this.pace.next(error.retryAfter));
        await untilVisible(signal);
      }
    }
  }

  private trouble({ code, status }: CallFailed): void {
    this.audience.offline(true);
    this.audience.tell('error', { code: code || 'offline', status });
  }

  private fail(error: unknown): void {
    const { code = '', status = 0 } = error instanceof CallFailed ? error : {};
    if (code.startsWith('ticket_')) return this.audience.show({ at: 'expired' });
    this.audience.tell('error', { code: code || 'failed', status });
    this.audience.show({ at: 'failed', why: code });
  }

  /** Ends early, but never at once, when the network comes back. */
  private async pause(signal: AbortSignal, ms = this.pace.next()): Promise<void> {
    await wait(500, signal);
    await wait(ms - 500, signal, 'online');
    signal.throwIfAborted();
  }
}
