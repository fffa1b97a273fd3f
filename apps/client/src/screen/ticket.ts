import { ScanLoginError } from '../error.js';
import { type Call, call, callJson } from '../http/call.js';
import type { Platform } from '../platform.js';
import { inLink, type ProofKey } from '../proof-key.js';
import type { OpenedTicket, OpenTicket, Redeem, TicketCode, Tokens } from '../wire.js';
import { isLink, isOpened } from './opened.js';
import type { KeptTicket } from './resume.js';

/** Seconds; proxies close a connection that is silent for a minute. */
const LONGEST_HOLD = 50;
const CANCEL_MS = 2_000;

/** A ticket, as its screen uses it. */
export class Ticket {
  /** When it expires, in milliseconds of the clock's `now()`. */
  until = 0;
  /** When its code changes, likewise; never if it does not rotate. */
  changesAt = Infinity;
  step: KeptTicket['step'] = 'waiting';
  /** The picture of its present code. */
  svg?: string;
  /** It was opened before the page was loaded. */
  isResumed = false;
  /** Seconds that a call may be held. */
  readonly holdFor: number;
  private cancelling?: Promise<unknown>;

  private constructor(
    readonly platform: Platform,
    private readonly server: string,
    readonly deviceId: string,
    private readonly thumbprint: string | undefined,
    readonly opened: OpenedTicket,
    /** How far the server's clock is ahead of ours, in milliseconds. */
    private readonly ahead: number,
  ) {
    this.lastsFor(opened.expiresIn);
    this.holdFor = Math.floor(Math.min(LONGEST_HOLD, secondsOf(opened.holdFor, 25)));
    this.changesIn(opened.rotatesIn);
  }

  /** @throws ScanLoginError screen_key_mismatch, if the link does not name the key of the screen | … */
  static async open(platform: Platform, server: string, body: OpenTicket, signal?: AbortSignal): Promise<Ticket> {
    const opened = await callJson<OpenedTicket>(
      platform,
      `${server}/v1/tickets`,
      { method: 'POST', body, signal },
      isOpened,
    );
    const { qrUrl, expiresAt, expiresIn } = opened;
    if (!qrUrl.includes(inLink(body.keyThumbprint)))
      throw new ScanLoginError({ code: 'screen_key_mismatch', status: 403 });
    const ahead = Date.parse(expiresAt) - expiresIn * 1000 - platform.clock.date();
    return new Ticket(platform, server, body.device.id, body.keyThumbprint, opened, ahead);
  }

  /** @returns nothing if it has expired */
  static resume(platform: Platform, server: string, kept: KeptTicket): Ticket | undefined {
    const { deviceId, thumbprint, opened, ahead, step, svg, until, changesAt } = kept;
    const ticket = new Ticket(platform, server, deviceId, thumbprint, opened, ahead);
    const since1970 = platform.clock.date() - platform.clock.now();
    Object.assign(ticket, { isResumed: true, step, svg, until: until - since1970 });
    ticket.changesAt = (changesAt ?? Infinity) - since1970;
    return ticket.isPast ? undefined : ticket;
  }

  /** @param expiresIn seconds from now */
  lastsFor(expiresIn: number): void {
    this.until = this.platform.clock.now() + secondsOf(expiresIn, 120) * 1000;
  }

  get isPast(): boolean {
    return this.platform.clock.now() > this.until;
  }

  async picture(signal?: AbortSignal): Promise<string> {
    const query = this.opened.qrImageUrl.replace(/^[^?]*/, '');
    const text = await call(this.platform, this.at(`/qr.svg${query}`), { signal });
    if (!text.includes('<svg')) throw new ScanLoginError({ code: 'unexpected', status: 200 });
    return text;
  }

  /**
   * Gets the present code of a rotating ticket.
   * @throws ScanLoginError ticket_wrong_status, unless it is pending | ticket_expired | …
   */
  async rotate(signal?: AbortSignal): Promise<void> {
    const { qrUrl, qrImageUrl, rotatesIn } = await callJson<TicketCode>(
      this.platform,
      this.at('/code'),
      this.withSecret({ signal }),
      (code) => isLink(code.qrUrl) && code.qrImageUrl,
    );
    Object.assign(this.opened, { qrUrl, qrImageUrl });
    this.svg = undefined;
    this.changesIn(rotatesIn);
  }

  /**
   * Exchanges the confirmed ticket for tokens. May be repeated for a minute, until the access token is first used.
   * @throws ScanLoginError ticket_wrong_status | ticket_expired | ticket_not_found | account_unavailable | …
   */
  async redeem(body: Redeem, key?: ProofKey, signal?: AbortSignal): Promise<Tokens> {
    return callJson<Tokens>(
      this.platform,
      this.at('/redeem'),
      this.withSecret({
        method: 'POST',
        headers: { 'X-Device-Id': this.deviceId, ...(key && { DPoP: await this.proofBy(key) }) },
        body,
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

  /** All that a page needs to use it again after a reload. */
  get kept(): KeptTicket {
    const { deviceId, thumbprint, opened, ahead, step, svg, until, changesAt } = this;
    const since1970 = this.platform.clock.date() - this.platform.clock.now();
    const times = { until: until + since1970, changesAt: changesAt + since1970 };
    return { deviceId, thumbprint, opened, ahead, step, svg, ...times };
  }

  at(path: string): string {
    return `${this.server}/v1/tickets/${this.opened.uuid}${path}`;
  }

  withSecret(given: Call): Call {
    return { ...given, headers: { ...given.headers, 'X-Ticket-Secret': this.opened.secret } };
  }

  /** Takes the server's address and clock from the ticket. */
  private proofBy(key: ProofKey): Promise<string> {
    const { uuid, qrImageUrl } = this.opened;
    key.base = qrImageUrl.replace(/\/v1\/tickets\/.*/s, '');
    key.ahead = this.ahead;
    return key.prove('POST', `/v1/tickets/${uuid}/redeem`);
  }

  private changesIn(seconds: number | undefined): void {
    if (seconds !== undefined) this.changesAt = this.platform.clock.now() + secondsOf(seconds, 1) * 1000;
  }
}

function secondsOf(given: unknown, otherwise: number): number {
  return typeof given === 'number' && given >= 1 ? given : otherwise;
}
