import { type Api, ProblemError } from './api.js';
import { insist, pause } from './insist.js';
import type { Credentials } from './phone-belongings.js';

/** Seconds; a phone has a minute to decide. */
const PATIENCE = 30;
/** How long a screen may take to redeem, and how often its ticket is asked after. */
const REDEEMED_WITHIN_MS = 60_000;
const ASK_EVERY_MS = { first: 250, longest: 2_000 };

export interface Scan {
  scanToken: string;
  /** Seconds left to decide. */
  expiresIn: number;
  screen: {
    type: string;
    name?: string | null;
    browser?: string | null;
    os?: string | null;
    ip: string;
    openedAt?: string;
    network?: 'same' | 'different' | 'unknown';
  };
  requires?: { number?: boolean };
}

interface SignedIn {
  accessToken: string;
  account: { displayName: string };
}

/** A phone that is signed in. */
export class PhoneSession {
  private constructor(
    private readonly api: Api,
    private readonly deviceId: string,
    private readonly signedIn: SignedIn,
  ) {}

  static async start(api: Api, deviceId: string, credentials: Credentials): Promise<PhoneSession> {
    const device = { id: deviceId, type: 'phone', name: 'Terminal phone' };
    const signedIn = await insist({ patience: PATIENCE, signal: api.signal }, () =>
      api.call<SignedIn>('POST', '/v1/sessions', {
        body: { ...credentials, device },
        needs: ['accessToken', 'account.displayName'],
      }),
    );
    return new PhoneSession(api, deviceId, signedIn);
  }

  get displayName(): string {
    return this.signedIn.account.displayName;
  }

  scan(uuid: string): Promise<Scan> {
    return insist(this, () =>
      this.post<Scan>(`/v1/tickets/${uuid}/scan`, undefined, ['scanToken', 'screen.type', 'screen.ip']),
    );
  }

  async confirm(uuid: string, { scanToken }: Scan, number?: string): Promise<void> {
    const body = { scanToken, ...(number !== undefined && { number }) };
    await this.decide(`/v1/tickets/${uuid}/confirm`, body, ['confirmed', 'redeemed']);
  }

  /**
   * Waits until the screen has used what was confirmed. A session that ends before takes its confirm along.
   * @returns whether the screen is signed in; nothing when it has not said so in a minute
   */
  async outcome(uuid: string, { scanToken }: Scan): Promise<boolean | undefined> {
    const until = performance.now() + REDEEMED_WITHIN_MS;
    for (let wait = ASK_EVERY_MS.first; performance.now() < until; wait = Math.min(2 * wait, ASK_EVERY_MS.longest)) {
      await pause(wait, this.signal);
      try {
        // a confirm may be repeated for as long as the screen has not used its session
        await insist(this, () => this.post(`/v1/tickets/${uuid}/confirm`, { scanToken }));
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        return error.problem.currentStatus === 'redeemed';
      }
    }
    return undefined;
  }

  async deny(uuid: string, { scanToken }: Scan, reason: 'declined' | 'not_me'): Promise<void> {
    await this.decide(`/v1/tickets/${uuid}/deny`, { scanToken, reason }, ['denied']);
  }

  /** @param api one that works even if ours was told to stop */
  async end(api: Api): Promise<void> {
    await api.call('DELETE', '/v1/sessions/current', { headers: this.proof, timeout: 3 });
  }

  readonly patience = PATIENCE;

  get signal(): AbortSignal {
    return this.api.signal;
  }

  /** @param done where the ticket stands if an earlier try went through and only its answer got lost */
  private decide(path: string, body: object, done: string[]): Promise<void> {
    return insist(this, async (triedBefore) => {
      try {
        await this.post(path, body);
      } catch (error) {
        const { code, currentStatus = '' } = error instanceof ProblemError ? error.problem : {};
        if (!(triedBefore > 0 && code === 'ticket_wrong_status' && done.includes(currentStatus))) throw error;
      }
    });
  }

  private post<Answer = void>(path: string, body?: object, needs?: string[]): Promise<Answer> {
    return this.api.call<Answer>('POST', path, { headers: this.proof, body, needs });
  }

  private get proof() {
    return { Authorization: `Bearer ${this.signedIn.accessToken}`, 'X-Device-Id': this.deviceId };
  }
}
