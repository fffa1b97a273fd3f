import type { DeviceKey } from '../common/device-key.js';
import { call, CallFailed } from '../common/http.js';
import { loadKey } from '../common/load-key.js';
import { type Picture, pictureOf } from './picture.js';

export interface Opened {
  uuid: string;
  secret: string;
  qrUrl: string;
  expiresAt: string;
  expiresIn: number;
  holdFor: number;
  /** By our own clock, in milliseconds. */
  openedAt: number;
  /** When it runs out, in the milliseconds of `performance.now()`. */
  until: number;
}

export interface Person {
  displayName: string;
  avatarUrl: string | null;
}

export interface Status {
  status: string;
  expiresIn: number;
  account?: Person & { knownHere?: boolean };
  number?: string | number;
}

export interface Tokens {
  tokenType: 'Bearer' | 'DPoP';
  accessToken: string;
  expiresIn: number;
  /** Missing with the attribute `refresh-cookie`. */
  refreshToken?: string;
  refreshExpiresIn: number;
  session: { id: string };
  account: Person & { id: string };
}

/** What a screen calls. Nothing that comes back is believed to have its shape before it was looked at. */
export class ScreenApi {
  /** Binds the tokens, once it is loaded. */
  key?: DeviceKey;

  constructor(
    private readonly base: string,
    readonly device: { id: string; type: 'web'; name?: string },
    private readonly isBound: boolean,
  ) {}

  /** Loads what the tokens are bound to, if they are to be. */
  async load(): Promise<void> {
    if (this.isBound) this.key ??= await loadKey(this.base, 'screen');
  }

  async open(signal: AbortSignal): Promise<Opened> {
    const opened = await call<Opened>(this.at(''), { method: 'POST', body: { device: this.device }, signal });
    const { uuid, secret, qrUrl } = (opened ?? {}) as Partial<Opened>;
    // they become parts of addresses
    if (!/^[\w-]+$/.test(uuid ?? '') || !secret || !/^https?:\/\//.test(qrUrl ?? '')) throw new CallFailed(0);
    const expiresIn = seconds(opened.expiresIn, 120);
    return {
      ...opened,
      openedAt: Date.now(),
      until: performance.now() + expiresIn * 1000,
      expiresIn,
      holdFor: Math.floor(Math.min(60, seconds(opened.holdFor, 25))),
    };
  }

  async picture({ uuid }: Opened, signal: AbortSignal): Promise<Picture> {
    const picture = pictureOf(await call(this.at(`/${uuid}/qr.svg`), { signal }));
    if (!picture) throw new CallFailed(0);
    return picture;
  }

  /** @param held seconds that the server may hold the answer */
  async status(ticket: Opened, known: string, held: number, signal: AbortSignal): Promise<Status> {
    const answer = await call<Status>(this.at(`/${ticket.uuid}/status?known=${known}&wait=${held}`), {
      headers: { 'X-Ticket-Secret': ticket.secret },
      patience: (held + 10) * 1000,
      signal,
    });
    if (typeof answer?.status !== 'string') throw new CallFailed(0);
    return answer;
  }

  async redeem(ticket: Opened, refreshCookie: boolean, signal: AbortSignal): Promise<Tokens> {
    const tokens = await call<Tokens>(this.at(`/${ticket.uuid}/redeem`), {
      method: 'POST',
      headers: {
        'X-Ticket-Secret': ticket.secret,
        'X-Device-Id': this.device.id,
        ...(await this.key?.toRedeem(ticket)),
      },
      body: refreshCookie ? { refreshCookie } : {},
      signal,
    });
    if (typeof tokens?.accessToken !== 'string') throw new CallFailed(0);
    return tokens;
  }

  /** For a ticket that nobody needs any more. If it fails, the ticket expires by itself. */
  cancel({ uuid, secret }: Opened): void {
    const headers = { 'X-Ticket-Secret': secret };
    call(this.at(`/${uuid}`), { method: 'DELETE', headers, keepalive: true }).catch(() => undefined);
  }

  private at(path: string): string {
    return `${this.base}/v1/tickets${path}`;
  }
}

function seconds(given: unknown, otherwise: number): number {
  return typeof given === 'number' && given >= 1 ? given : otherwise;
}
