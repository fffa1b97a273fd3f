import type { ByteReader, Fetch, FetchResponse, OpenedTicket, TicketStatus, Tokens } from '@scan-login/client';
import type { FakeClock } from './fake-clock.js';

export interface FakeCall {
  /** Such as `GET /status`, without the ticket's path. */
  name: string;
  query: string;
  headers: Record<string, string>;
  body?: unknown;
  /** Time of the call, in milliseconds. */
  at: number;
}

export interface FakeResponse {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Delay in milliseconds. */
  after?: number;
  stream?: ByteReader;
}

/** @returns undefined for a broken connection */
type Responses = Record<string, (call: FakeCall) => FakeResponse | undefined>;

export const UUID = '3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46';
export const ACCOUNT = { displayName: 'Ada Lovelace', avatarUrl: null };
export const TOKENS = {
  tokenType: 'Bearer',
  accessToken: 'access',
  expiresIn: 600,
  refreshToken: 'refresh',
  refreshExpiresIn: 1800,
  session: { id: '5f0c8a52-7d1b-4f3e-9a64-2b8c1d0e7f35' },
  account: { id: '0b9f3c1e-6a2d-4e8b-8f57-c3d1a9e4b260', ...ACCOUNT },
} satisfies Tokens;

/** A server whose responses a test defines. By default a ticket is opened, and nothing happens to it. */
export class FakeServer {
  readonly calls: FakeCall[] = [];

  constructor(
    private readonly clock: FakeClock,
    private readonly responses: Responses = {},
  ) {}

  /** Times of the calls with this name, in milliseconds. */
  times(name: string): number[] {
    return this.calls.filter((call) => call.name === name).map(({ at }) => at);
  }

  readonly fetch: Fetch = async (url, request) => {
    const { pathname, search } = new URL(url);
    const path = pathname.replace('/v1/tickets', '').replace(`/${UUID}`, '') || '';
    const call: FakeCall = {
      name: `${request.method} ${path}`.trim(),
      query: search,
      headers: request.headers,
      body: request.body && JSON.parse(request.body),
      at: this.clock.now(),
    };
    this.calls.push(call);
    const { status = 200, headers = {}, body, after = 0, stream } = this.answer(call);
    await this.delay(after, request.signal);
    return response(status, headers, body, stream);
  };

  private answer(call: FakeCall): FakeResponse {
    const answer = (this.responses[call.name] ?? DEFAULTS[call.name])?.(call);
    if (!answer) throw new TypeError('fetch failed');
    return answer;
  }

  private async delay(ms: number, signal: AbortSignal): Promise<void> {
    const aborted = new Promise<never>((_, reject) => {
      const abort = () => reject(signal.reason as Error);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort);
    });
    let timer: unknown;
    const passed = new Promise<void>((resolve) => {
      if (ms === 0) resolve();
      else timer = this.clock.setTimeout(resolve, ms);
    });
    await Promise.race([passed, aborted]).finally(() => this.clock.clearTimeout(timer));
  }
}

/** Opens one ticket after the other, each valid for two minutes, and holds each poll for its time. */
const DEFAULTS: Responses = {
  POST: () => ({
    status: 201,
    body: {
      uuid: UUID,
      secret: 'secret',
      qrUrl: `https://login.example.org/l/${UUID}`,
      qrImageUrl: `https://login.example.org/v1/tickets/${UUID}/qr.svg`,
      status: 'pending',
      expiresAt: '2026-11-25T00:02:00.000Z',
      expiresIn: 120,
      holdFor: 25,
    } satisfies OpenedTicket,
  }),
  'GET /status': ({ query, at }) => {
    const wait = Number(new URLSearchParams(query).get('wait')) * 1000;
    const left = 120_000 - (at % 120_000);
    const expired: TicketStatus = { code: 400, status: 'expired', expiresIn: 0 };
    const pending: TicketStatus = { code: 408, status: 'pending', expiresIn: 60 };
    return left <= wait ? { after: left, body: expired } : { after: wait, body: pending };
  },
  'POST /redeem': () => ({ body: TOKENS }),
  DELETE: () => ({ status: 204 }),
};

function response(
  status: number,
  headers: Record<string, string>,
  body: unknown,
  stream: ByteReader | undefined,
): FetchResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: new Headers(headers),
    text: async () => (status === 204 ? '' : text),
    body: stream && { getReader: () => stream },
  };
}
