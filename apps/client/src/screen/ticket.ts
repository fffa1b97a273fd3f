import { ScanLoginError } from '../error.js';
import { type Call, call, callJson } from '../http/call.js';
import type { Platform } from '../platform.js';
import type { ProofKey } from '../proof-key.js';
import type { OpenedTicket, OpenTicket, Tokens } from '../wire.js';

/** Seconds; proxies close a connection that is silent for a minute. */
const LONGEST_HOLD = 50;
const CANCEL_MS = 2_000;

/** A ticket, as its screen uses it. */
export class Ticket {
  /** When it expires, in milliseconds of the clock's `now()`. */
  until = 0;
  /** Seconds that a call may be held. */
  readonly holdFor: number;
  private readonly openedAt: number;
  private cancelling?: Promise<unknown>;

  private constructor(
    readonly platform: Platform,
    private readonly server: string,
    private readonly device: OpenTicket['device'],
    readonly opened: OpenedTicket,
  ) {
    this.openedAt = platform.clock.date();
    this.lastsFor(opened.expiresIn);
    this.holdFor = Math.floor(Math.min(LONGEST_HOLD, secondsOf(opened.holdFor, 25)));
  }

  static async open(platform: Platform, server: string, device: OpenTicket['device'], signal?: AbortSignal) {
    const opened = await callJson<OpenedTicket>(
      platform,
      `${server}/v1/tickets`,
      { method: 'POST', body: { device }, signal },
      // they become parts of URLs; a link may be an app's own, and must not be a script
      ({ uuid, secret, qrUrl }) => /^[\w-]+$/.test(uuid ?? '') && secret && /^(?!java)\w\S*:/i.test(qrUrl ?? ''),
    );
    return new Ticket(platform, server, device, opened);
  }

  /** @param expiresIn seconds from now */
  lastsFor(expiresIn: number): void {
    this.until = this.platform.clock.now() + secondsOf(expiresIn, 120) * 1000;
  }

  get isPast(): boolean {
    return this.platform.clock.now() > this.until;
  }

  async svg(signal?: AbortSignal): Promise<string> {
    const text = await call(this.platform, this.at('/qr.svg'), { signal });
    if (!text.includes('<svg')) throw new ScanLoginError({ code: 'unexpected', status: 200 });
    return text;
  }

  /**
   * Exchanges the confirmed ticket for tokens. May be repeated for a minute, until the access token is first used.
   * @throws ScanLoginError ticket_wrong_status | ticket_expired | ticket_not_found | account_unavailable | …
   */
  async redeem(key?: ProofKey, refreshCookie?: boolean, signal?: AbortSignal): Promise<Tokens> {
    return callJson<Tokens>(
      this.platform,
      this.at('/redeem'),
      this.withSecret({
        method: 'POST',
        headers: { 'X-Device-Id': this.device.id, ...(key && { DPoP: await this.proofBy(key) }) },
        body: refreshCookie ? { refreshCookie } : {},
        signal,
      }),
      ({ accessToken, session, account }) => accessToken && session && account,
    );
  }

  /** Cancels a ticket that is no longer needed. If that fails, the ticket expires by itself. */
  cancel(): Promise<unknown> {
    const given: Call = { method: 'DELETE', timeout: CANCEL_MS, keepalive: true };
    this.cancelling ??= call(this.platform, this.at(''), this.withSecret(given)).catch(() => undefined);
    return this.cancelling;
  }

  at(path: string): string {
    return `${this.server}/v1/tickets/${this.opened.uuid}${path}`;
  }

  withSecret(given: Call): Call {
    return { ...given, headers: { ...given.headers, 'X-Ticket-Secret': this.opened.secret } };
  }

  /** Takes the server's address and clock from the ticket. */
  private proofBy(key: ProofKey): Promise<string> {
    const { uuid, qrImageUrl, expiresAt, expiresIn } = this.opened;
    key.base = qrImageUrl.replace(/\/v1\/tickets\/.*/s, '');
    key.ahead = Date.parse(expiresAt) - expiresIn * 1000 - this.openedAt;
    return key.prove('POST', `/v1/tickets/${uuid}/redeem`);
  }
}

function secondsOf(given: unknown, otherwise: number): number {
  return typeof given === 'number' && given >= 1 ? given : otherwise;
}
