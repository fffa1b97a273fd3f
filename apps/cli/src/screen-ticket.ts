import { type Api, ProblemError } from './api.js';
import { insist, pause } from './insist.js';
import { say } from './say.js';

/** Seconds. A server that comes back finds its tickets again, so an outage in the middle is worth a longer wait. */
const PATIENCE = { first: 30, later: 300 };
/** Seconds; proxies cut a connection that says nothing for a minute. */
const LONGEST_HOLD = 50;
/** A server that answers at once although nothing has changed is asked no more often than this. */
const BETWEEN_ASKS_MS = 1000;

export interface ScreenDevice {
  id: string;
  type: 'cli';
  name?: string;
}

export interface Tokens {
  accessToken: string;
  /** Seconds. */
  expiresIn: number;
  /** Seconds. */
  refreshExpiresIn: number;
  session: { id: string };
  account: { id: string; displayName: string };
}

export type End = 'confirmed' | 'denied' | 'cancelled' | 'expired' | 'redeemed';

/** How it was decided. */
export interface Decided {
  end: End;
  /** With `confirmed`: who confirmed, and whether they were signed in on this device before. */
  account?: { displayName: string; knownHere?: boolean };
  /** With `confirmed`: seconds left to redeem. */
  expiresIn?: number;
}

interface Opened {
  uuid: string;
  secret: string;
  qrUrl: string;
  expiresIn: number;
  holdFor: number;
}

interface Status {
  code: number;
  status: string;
  expiresIn?: number;
  account?: { displayName: string; knownHere?: boolean };
  number?: string | number;
}

/** One attempt to sign this terminal in, from the screen's side. */
export class ScreenTicket {
  private constructor(
    private readonly api: Api,
    private readonly device: ScreenDevice,
    private readonly opened: Opened,
  ) {}

  static async open(api: Api, device: ScreenDevice): Promise<ScreenTicket> {
    const opened = await insist({ patience: PATIENCE.first, signal: api.signal }, () =>
      api.call<Opened>('POST', '/v1/tickets', { body: { device }, needs: ['uuid', 'secret', 'qrUrl'] }),
    );
    return new ScreenTicket(api, device, opened);
  }

  get qrUrl(): string {
    return this.opened.qrUrl;
  }

  /** Seconds. */
  get expiresIn(): number {
    return this.opened.expiresIn;
  }

  /** Waits for the phone, and tells meanwhile who has scanned. */
  async decision(): Promise<Decided> {
    let known = 'pending';
    for (;;) {
      const asked = performance.now();
      const news = await this.ask(known);
      if (news === undefined) return { end: 'expired' };
      if (news.code === 200) return { ...news, end: 'confirmed' };
      if (news.code === 400) return { end: news.status as End };
      if (news.code === 201 && known !== 'scanned') {
        known = 'scanned';
        this.tellScan(news);
      } else {
        // never a hot loop, whatever is answered
        await pause(Math.max(0, asked + BETWEEN_ASKS_MS - performance.now()), this.api.signal);
      }
    }
  }

  /**
   * Exchanges the confirmed ticket for tokens. An answer that got lost is no loss: the same call brings it again.
   * @returns nothing when it was too late
   */
  async redeem(): Promise<Tokens | undefined> {
    try {
      return await this.insist(() =>
        this.api.call<Tokens>('POST', this.path('/redeem'), {
          headers: { ...this.secret, 'X-Device-Id': this.device.id },
          needs: ['accessToken', 'session.id', 'account.id', 'account.displayName'],
        }),
      );
    } catch (error) {
      if (isOver(error)) return undefined;
      throw error;
    }
  }

  /** The account as the server tells it to whoever holds the new access token. */
  account({ accessToken }: Tokens): Promise<{ id: string; displayName: string }> {
    return this.insist(() =>
      this.api.call('GET', '/v1/account', {
        headers: { Authorization: `Bearer ${accessToken}`, 'X-Device-Id': this.device.id },
        needs: ['id', 'displayName'],
      }),
    );
  }

  /** @param api one that still works: this is called because ours was told to stop */
  async cancel(api: Api): Promise<void> {
    await api.call('DELETE', this.path(), { headers: this.secret, timeout: 2 });
  }

  /** @returns nothing when the server does not know the ticket any more */
  private async ask(known: string): Promise<Status | undefined> {
    const { holdFor } = this.opened;
    const wait = holdFor >= 1 ? Math.floor(Math.min(holdFor, LONGEST_HOLD)) : 1;
    try {
      return await this.insist(() =>
        this.api.call<Status>('GET', this.path(`/status?known=${known}&wait=${wait}`), {
          headers: this.secret,
          timeout: wait + 10,
          needs: ['status'],
        }),
      );
    } catch (error) {
      if (isOver(error)) return undefined;
      throw error;
    }
  }

  private tellScan({ account, number }: Status): void {
    say(`Scanned by ${account?.displayName ?? 'a phone'}. Waiting for the decision on the phone …`);
    if (number !== undefined) say(`The phone asks for this number: ${number}`);
  }

  private insist<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    return insist({ patience: PATIENCE.later, signal: this.api.signal }, call);
  }

  private path(rest = ''): string {
    return `/v1/tickets/${encodeURIComponent(this.opened.uuid)}${rest}`;
  }

  private get secret() {
    return { 'X-Ticket-Secret': this.opened.secret };
  }
}

function isOver(error: unknown): boolean {
  return error instanceof ProblemError && ['ticket_expired', 'ticket_not_found'].includes(error.problem.code ?? '');
}
