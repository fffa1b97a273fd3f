import {
  type ProofKey,
  ScanLoginError,
  screenLogin,
  type ScreenLoginOptions,
  type ScreenState,
} from '@scan-login/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from './support/fake-clock.js';
import { FakePage } from './support/fake-page.js';
import { ACCOUNT, type FakeResponse, FakeServer, TOKENS, UUID } from './support/fake-server.js';

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

const scanned = { body: { code: 201, status: 'scanned', expiresIn: 60, account: ACCOUNT } };
const confirmed = { body: { code: 200, status: 'confirmed', expiresIn: 60, account: ACCOUNT } };
const problem = (status: number, code: string, headers = {}) => ({
  status,
  headers,
  body: { title: code, status, code },
});

function login(server: FakeServer, options: Partial<ScreenLoginOptions> = {}) {
  return screenLogin({
    server: 'https://login.example.org',
    device: { type: 'web', id: 'screen-1' },
    clock,
    fetch: server.fetch,
    ...options,
  });
}

/** All states of a login, up to its end or to the first state of a kind. */
function states(steps: AsyncGenerator<ScreenState>, last?: ScreenState['at']): Promise<ScreenState[]> {
  return clock.until(
    (async () => {
      const seen: ScreenState[] = [];
      for await (const state of steps) {
        seen.push(state);
        if (state.at === last) break;
      }
      return seen;
    })(),
  );
}

const over = (renewing: boolean) => ({ at: 'over', why: 'expired', renewing });
const names = (seen: ScreenState[]) => seen.map(({ at }) => at);

/** Returns one response after the other, then the last one again and again. */
function inTurn(...responses: (FakeResponse | undefined)[]) {
  return () => (responses.length > 1 ? responses.shift() : responses[0]);
}

describe('a login on a screen', () => {
  it('goes from waiting over scanned and confirmed to signed-in, each state with what there is to show', async () => {
    const withNumber = { body: { ...scanned.body, number: 7 } };
    const server = new FakeServer(clock, { 'GET /status': inTurn(withNumber, confirmed) });
    const seen = await states(login(server));
    expect(seen).toMatchObject([
      { at: 'waiting', uuid: UUID, qrUrl: `https://login.example.org/l/${UUID}`, until: 120_000 },
      { at: 'scanned', account: ACCOUNT, number: '07', until: 60_000 },
      { at: 'confirmed', account: ACCOUNT },
      { at: 'signed-in', tokens: TOKENS, deviceId: 'screen-1' },
    ]);
    expect(JSON.stringify(seen)).not.toContain('secret');
    expect(server.calls.map(({ name, query }) => name + query)).toEqual([
      'POST',
      'GET /status?known=pending&wait=25',
      'GET /status?known=scanned&wait=25',
      'POST /redeem',
    ]);
  });

  it('makes no call before its first state is requested', async () => {
    const server = new FakeServer(clock);
    login(server);
    await clock.until(Promise.resolve());
    expect(server.calls).toEqual([]);
  });

  it('counts the seconds that are left while a state is shown', async () => {
    const steps = login(new FakeServer(clock));
    const { value } = await clock.until(steps.next());
    if (value?.at !== 'waiting') throw new Error('no code');
    expect(value.secondsLeft()).toBe(120);
    await clock.until(clock.sleep(50_500));
    expect(value.secondsLeft()).toBe(70);
    await clock.until(clock.sleep(100_000));
    expect(value.secondsLeft()).toBe(0);
    await clock.until(steps.return());
  });

  it('ends with a denial', async () => {
    const server = new FakeServer(clock, {
      'GET /status': inTurn(scanned, { body: { code: 400, status: 'denied', expiresIn: 0, reason: 'not_me' } }),
    });
    expect((await states(login(server))).at(-1)).toEqual({
      at: 'over',
      why: 'denied',
      reason: 'not_me',
      renewing: false,
    });
    expect(server.times('POST')).toHaveLength(1);
  });

  it('renews an expired code five times by itself, then stops', async () => {
    const server = new FakeServer(clock);
    const seen = await states(login(server));
    expect(names(seen)).toEqual(Array.from({ length: 6 }, () => ['waiting', 'over']).flat());
    expect(seen[1]).toEqual(over(true));
    expect(seen.at(-1)).toEqual(over(false));
    expect(server.times('POST')).toHaveLength(6);
    expect(clock.now()).toBeLessThan(6 * 122_000);
  });

  it('renews as often as it is told to, and not at all with 0', async () => {
    expect(names(await states(login(new FakeServer(clock), { renewals: 0 })))).toEqual(['waiting', 'over']);
  });

  it('shows a new code after its ticket was cancelled', async () => {
    const server = new FakeServer(clock, {
      'GET /status': inTurn({ body: { code: 400, status: 'cancelled', expiresIn: 0 } }, confirmed),
    });
    const seen = await states(login(server));
    expect(seen[1]).toEqual({ at: 'over', why: 'cancelled', renewing: true });
    expect(names(seen)).toEqual(['waiting', 'over', 'waiting', 'confirmed', 'signed-in']);
  });

  it('backs off between codes that are over as soon as they are opened', async () => {
    const server = new FakeServer(clock, {
      'GET /status': () => ({ body: { code: 400, status: 'expired', expiresIn: 0 } }),
    });
    await states(login(server));
    const times = server.times('POST');
    for (const [index, at] of times.slice(1).entries()) expect(at - times[index]!).toBeGreaterThanOrEqual(500);
  });

  it('shows the code as a picture where that is asked for, and no code without it', async () => {
    const server = new FakeServer(clock, {
      'GET /qr.svg': inTurn(undefined, { body: '<html>Welcome</html>' }, { body: '<svg/>' }),
    });
    const seen = await states(login(server, { svg: true }), 'waiting');
    expect(names(seen)).toEqual(['offline', 'waiting']);
    expect(seen[1]).toMatchObject({ svg: '<svg/>' });
  });

  it('throws errors that no retry can fix', async () => {
    const server = new FakeServer(clock, {
      'GET /status': () => confirmed,
      'POST /redeem': () => problem(409, 'session_limit_reached'),
    });
    await expect(states(login(server))).rejects.toMatchObject({ code: 'session_limit_reached', status: 409 });
    expect(server.calls.at(-1)!.name).toBe('DELETE');
  });

  it('leaves no timer and no listener behind', async () => {
    const page = new FakePage();
    const server = new FakeServer(clock, { 'GET /status': inTurn(undefined, scanned, confirmed) });
    await states(login(server, { visibility: page }));
    expect(clock.pending).toBe(0);
    expect(page.listening).toBe(0);
  });
});

describe('a screen whose server cannot be reached', () => {
  it('says so once, with what it was showing, and shows that again afterwards', async () => {
    const server = new FakeServer(clock, {
      'GET /status': inTurn(
        undefined,
        problem(503, 'unavailable'),
        { body: { code: 408, status: 'pending' } },
        confirmed,
      ),
    });
    const seen = await states(login(server));
    expect(names(seen)).toEqual(['waiting', 'offline', 'waiting', 'confirmed', 'signed-in']);
    expect(seen[1]).toMatchObject({ error: { code: 'offline', status: 0, isPassing: true }, before: seen[0] });
    // the status is requested at once, not after a poll
    expect(server.calls[2]!.query).toBe('?known=pending&wait=0');
  });

  it('retries with growing, jittered delays of at most half a minute', async () => {
    let failures = 12;
    const server = new FakeServer(clock, {
      POST: () => ((failures -= 1) > 0 ? undefined : problem(409, 'session_limit_reached')),
    });
    await expect(states(login(server))).rejects.toBeInstanceOf(ScanLoginError);
    const times = server.times('POST');
    const pauses = times.slice(1).map((at, index) => at - times[index]!);
    for (const [index, pause] of pauses.entries()) {
      const most = Math.min(30_000, 1000 * 2 ** index);
      expect(pause).toBeGreaterThanOrEqual(Math.max(500, most / 2));
      expect(pause).toBeLessThanOrEqual(most);
    }
    expect(new Set(pauses.map((pause) => pause % 1000)).size).toBeGreaterThan(5);
  });

  it.each([
    ['in seconds', () => '40'],
    ['as a date', () => new Date(clock.date() + 40_000).toUTCString()],
  ])('waits as long as Retry-After says %s, and a little longer than others do', async (_, retryAfter) => {
    const pauses: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      clock = new FakeClock();
      const server = new FakeServer(clock, {
        'GET /status': inTurn(problem(429, 'too_many_requests', { 'Retry-After': retryAfter() }), confirmed),
      });
      await states(login(server));
      const [first, second] = server.times('GET /status');
      pauses.push(second! - first!);
    }
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(40_000);
    expect(Math.max(...pauses)).toBeLessThan(42_000);
    expect(new Set(pauses).size).toBe(5);
  });

  it('retries at once when the network comes back', async () => {
    const network = new EventTarget();
    const onOnline = (listener: () => void) => {
      network.addEventListener('online', listener);
      return () => network.removeEventListener('online', listener);
    };
    const server = new FakeServer(clock, {
      'GET /status': ({ at }) => (at > 20_000 ? confirmed : undefined),
    });
    const done = states(login(server, { onOnline }), 'signed-in');
    const back = clock.sleep(20_001).then(() => network.dispatchEvent(new Event('online')));
    await Promise.all([done, back]);
    expect(server.times('GET /status').at(-1)).toBe(20_001);
  });

  it('repeats a redeem whose response got lost, for a minute', async () => {
    const server = new FakeServer(clock, {
      'GET /status': () => confirmed,
      'POST /redeem': inTurn(undefined, undefined, undefined, { body: TOKENS }),
    });
    expect(names(await states(login(server)))).toEqual(['waiting', 'confirmed', 'offline', 'signed-in']);
    clock = new FakeClock();
    const dead = new FakeServer(clock, { 'GET /status': () => confirmed, 'POST /redeem': () => undefined });
    await expect(states(login(dead))).rejects.toMatchObject({ code: 'offline' });
    const times = dead.times('POST /redeem');
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(60_000);
    expect(times.at(-1)! - times[0]!).toBeLessThan(120_000);
  });

  it('shows no code before the key that its tokens are bound to is there', async () => {
    const key: ProofKey = { base: '', ahead: 0, prove: async (method, path) => `${method} ${path}` };
    let loads = 0;
    const server = new FakeServer(clock, {
      'GET /status': () => confirmed,
      'POST /redeem': () => ({ body: { ...TOKENS, tokenType: 'DPoP' } }),
    });
    const load = async () => {
      loads += 1;
      if (loads < 3) throw new ScanLoginError({ code: 'offline', status: 0 });
      return key;
    };
    const seen = await states(login(server, { key: load }));
    expect(names(seen)).toEqual(['offline', 'waiting', 'confirmed', 'signed-in']);
    expect(seen.at(-1)).toMatchObject({ key });
    expect(server.times('POST')).toHaveLength(1);
    expect(server.calls.at(-1)!.headers['DPoP']).toBe(`POST /v1/tickets/${UUID}/redeem`);
    expect(key.base).toBe('https://login.example.org');
  });
});

/** Responses to the status call, each sent at once. */
const MAD_RESPONSES: Record<string, (index: number) => FakeResponse | undefined> = {
  'nothing new': () => ({ body: { code: 408, status: 'pending', expiresIn: 100 } }),
  over: () => ({ body: { code: 400, status: 'expired', expiresIn: 0 } }),
  'scanned, again and again': () => ({ body: { code: 201, status: 'scanned', expiresIn: 60 } }),
  'back and forth': (index) => ({ body: { status: index % 2 ? 'scanned' : 'pending', expiresIn: 60 } }),
  'an unknown status': () => ({ body: { code: 299, status: 'tomorrow', expiresIn: 'soon' } }),
  'a time that is no number': (index) => ({ body: { status: index % 2 ? 'scanned' : 'pending', expiresIn: 'soon' } }),
  null: () => ({ body: 'null' }),
  HTML: () => ({ headers: { 'Content-Type': 'text/html' }, body: '<h1>Welcome</h1>' }),
  'a failure': () => ({ status: 500, body: { code: 'server_error' } }),
  'no such ticket': () => ({ status: 404, body: { code: 'ticket_not_found' } }),
  'too many calls': () => ({ status: 429, headers: { 'Retry-After': '0' } }),
  'a redirect': () => ({ status: 302, headers: { Location: 'https://elsewhere.example' } }),
  'a broken connection': () => undefined,
};

describe.each(['poll', 'events'] as const)('a screen that waits by %s', (transport) => {
  it.each(Object.keys(MAD_RESPONSES))('does not hammer a server that answers at once with %s', async (which) => {
    let answered = 0;
    const response = () => MAD_RESPONSES[which]!((answered += 1));
    const events = () => {
      const { headers, body, ...rest } = response() ?? { status: 502 };
      if (rest.status) return { ...rest, headers };
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return { headers: { 'Content-Type': 'text/event-stream' }, stream: streamOf(`data: ${text}\n\n`) };
    };
    const server = new FakeServer(clock, { 'GET /status': response, 'GET /events': events });
    await states(login(server, { transport, renewals: 1 })).catch(() => undefined);
    const minutes = clock.now() / 60_000;
    expect(server.calls.length).toBeLessThan(14 + 8 * minutes);
    expect(minutes).toBeLessThan(8);
  });
});

describe('a screen whose page is hidden', () => {
  it('sends no request while its code is hidden, and one at once when it is visible', async () => {
    const page = new FakePage();
    const server = new FakeServer(clock);
    const done = states(login(server, { visibility: page, renewals: 0 }));
    const away = (async () => {
      await clock.sleep(10_000);
      page.hide();
      await clock.sleep(60_000);
      page.hide(false);
    })();
    await Promise.all([done, away]);
    const polls = server.calls.filter(({ name }) => name === 'GET /status');
    expect(polls.filter(({ at }) => at >= 10_000 && at < 70_000)).toEqual([]);
    expect(polls[1]).toMatchObject({ at: 70_000, query: '?known=pending&wait=0' });
  });

  it('goes on once it was scanned', async () => {
    const page = new FakePage();
    const server = new FakeServer(clock, {
      'GET /status': inTurn({ ...scanned, after: 5000 }, { ...confirmed, after: 5000 }),
    });
    const done = states(login(server, { visibility: page }));
    const away = clock.sleep(7000).then(() => page.hide());
    expect(names((await Promise.all([done, away]))[0])).toEqual(['waiting', 'scanned', 'confirmed', 'signed-in']);
  });

  it('opens no ticket before it is visible', async () => {
    const page = new FakePage();
    page.hide();
    const server = new FakeServer(clock);
    const done = states(login(server, { visibility: page }), 'waiting');
    const seen = clock.sleep(3_600_000).then(() => page.hide(false));
    await Promise.all([done, seen]);
    expect(server.times('POST')).toEqual([3_600_000]);
  });
});

const by = (account: object) => ({ 'GET /status': () => ({ body: { ...confirmed.body, account } }) });

describe('a screen that asks before it becomes another account', () => {
  it('asks with what the server says of the account, and cancels the ticket when the person says no', async () => {
    const server = new FakeServer(clock, by({ ...ACCOUNT, knownHere: false }));
    const asked: object[] = [];
    const confirmAccount = async (account: object) => asked.push(account) < 0;
    const seen = await states(login(server, { confirmAccount }));
    expect(asked).toEqual([{ ...ACCOUNT, knownHere: false }]);
    expect(seen.at(-1)).toEqual({ at: 'over', why: 'rejected', renewing: false });
    expect(server.calls.at(-1)!.name).toBe('DELETE');
    expect(server.times('POST /redeem')).toEqual([]);
  });

  it('does not ask the server when `confirmAccount` agrees at once', async () => {
    const server = new FakeServer(clock, { 'GET /status': () => confirmed });
    const seen = await states(login(server, { confirmAccount: () => true }));
    expect(names(seen)).toEqual(['waiting', 'confirmed', 'signed-in']);
    expect(server.times('GET /status')).toHaveLength(1);
  });

  it.each(['poll', 'events'] as const)(
    'signs in when the person agrees, meanwhile waiting by %s',
    async (transport) => {
      const waiting = { after: 25_000, body: { code: 408, status: 'confirmed', expiresIn: 60 } };
      const server = new FakeServer(clock, {
        'GET /status': ({ query }) => (query.includes('known=confirmed') ? waiting : confirmed),
        'GET /events': () => ({
          headers: { 'Content-Type': 'text/event-stream' },
          stream: silentAfter(`data: ${JSON.stringify(confirmed.body)}\n\n`),
        }),
      });
      const confirmAccount = () => clock.sleep(35_000).then(() => true);
      expect(names(await states(login(server, { confirmAccount, transport })))).toEqual([
        'waiting',
        'confirmed',
        'signed-in',
      ]);
      // without waiting for the end of a poll
      expect(server.times('POST /redeem')).toEqual([35_000]);
      expect(clock.pending).toBe(0);
    },
  );

  it('goes on at once when the person agrees while the server cannot be reached', async () => {
    const server = new FakeServer(clock, {
      'GET /status': ({ query }) => (query.includes('known=confirmed') ? undefined : confirmed),
    });
    const confirmAccount = () => clock.sleep(20_000).then(() => true);
    const seen = await states(login(server, { confirmAccount }));
    expect(names(seen)).toEqual(['waiting', 'confirmed', 'offline', 'signed-in']);
    expect(server.times('POST /redeem')).toEqual([20_000]);
  });

  it('withdraws the question when the ticket is over before it is answered', async () => {
    const cancelled = { after: 8000, body: { code: 400, status: 'cancelled', expiresIn: 0 } };
    const server = new FakeServer(clock, {
      'GET /status': ({ query }) => (query.includes('known=confirmed') ? cancelled : confirmed),
    });
    let question: AbortSignal | undefined;
    const confirmAccount = (_: object, signal: AbortSignal) => {
      question = signal;
      return new Promise<boolean>(() => {});
    };
    const seen = await states(login(server, { confirmAccount, renewals: 0 }));
    expect(seen.at(-1)).toEqual({ at: 'over', why: 'cancelled', renewing: false });
    expect(question!.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('signs in no account where the server does not name it', async () => {
    const server = new FakeServer(clock, {
      'GET /status': () => ({ body: { ...confirmed.body, account: undefined } }),
    });
    expect((await states(login(server, { confirmAccount: () => true }))).at(-1)).toMatchObject({ why: 'rejected' });
  });

  it('does not sign in with a ticket that was redeemed elsewhere: it is over', async () => {
    const server = new FakeServer(clock, {
      'GET /status': () => ({ body: { code: 400, status: 'redeemed', expiresIn: 0 } }),
    });
    expect(names(await states(login(server, { renewals: 0 })))).toEqual(['waiting', 'over']);
  });
});

describe('a login that is given up', () => {
  it('cancels its ticket at the moment of the abort, and throws the reason', async () => {
    const leaving = new AbortController();
    const server = new FakeServer(clock);
    const done = states(login(server, { signal: leaving.signal }));
    const left = (async () => {
      await clock.sleep(3000);
      leaving.abort(new Error('left'));
      // synchronously: a page that is left gets no other chance
      expect(server.calls.at(-1)).toMatchObject({ name: 'DELETE', headers: { 'X-Ticket-Secret': 'secret' } });
    })();
    await expect(done).rejects.toThrow('left');
    await left;
    expect(server.times('DELETE')).toEqual([3000]);
  });

  it('cancels its ticket when the loop is left', async () => {
    const server = new FakeServer(clock);
    await states(login(server), 'waiting');
    expect(server.calls.map(({ name }) => name)).toEqual(['POST', 'DELETE']);
  });

  it('does not cancel one that it has redeemed', async () => {
    const server = new FakeServer(clock, { 'GET /status': () => confirmed });
    await states(login(server), 'signed-in');
    expect(server.times('DELETE')).toEqual([]);
  });
});

describe('server-sent events of a login', () => {
  const headers = { 'Content-Type': 'text/event-stream' };

  it('bring the states in one call, however the stream is cut into pieces', async () => {
    const text = [scanned, confirmed]
      .map(
        ({ body }) =>
          `event: ${body.status}\r\ndata: ${JSON.stringify({ ...body, account: { displayName: 'Ä 中' } })}\r\n\r\n`,
      )
      .join(': still here\r\n\r\n');
    const bytes = new TextEncoder().encode(text);
    const pieces = [...bytes].map((byte) => new Uint8Array([byte]));
    const server = new FakeServer(clock, { 'GET /events': () => ({ headers, stream: streamOf(...pieces) }) });
    const seen = await states(login(server, { transport: 'events' }));
    expect(names(seen)).toEqual(['waiting', 'scanned', 'confirmed', 'signed-in']);
    expect(seen[1]).toMatchObject({ account: { displayName: 'Ä 中' } });
    expect(server.times('GET /events')).toHaveLength(1);
  });

  it('are requested again when the stream has ended, or is silent for longer than its heartbeat', async () => {
    const pending = `data: ${JSON.stringify({ code: 408, status: 'pending', expiresIn: 100 })}\n\n`;
    const streams = [streamOf(pending), silentAfter(pending), streamOf(`data: ${JSON.stringify(confirmed.body)}\n\n`)];
    const server = new FakeServer(clock, { 'GET /events': () => ({ headers, stream: streams.shift()! }) });
    const seen = await states(login(server, { transport: 'events' }));
    expect(names(seen)).toEqual(['waiting', 'offline', 'waiting', 'offline', 'confirmed', 'signed-in']);
    const [, second, third] = server.times('GET /events');
    expect(third! - second!).toBeGreaterThan(40_000);
    expect(third! - second!).toBeLessThan(60_000);
    expect(clock.pending).toBe(0);
  });

  it('are replaced by long polls where the platform cannot stream', async () => {
    const server = new FakeServer(clock, { 'GET /events': () => ({ headers }), 'GET /status': () => confirmed });
    const seen = await states(login(server, { transport: 'events' }));
    expect(names(seen)).toEqual(['waiting', 'confirmed', 'signed-in']);
    expect(server.times('GET /events')).toHaveLength(1);
  });
});

/** A stream of these pieces, which then ends. */
function streamOf(...pieces: (string | Uint8Array)[]) {
  return {
    read: async () => ({ done: pieces.length === 0, value: bytesOf(pieces.shift()) }),
    cancel: async () => {},
  };
}

/** A stream that stays open and silent, as when the machine at its other end is gone. */
function silentAfter(piece: string) {
  const { read, cancel } = streamOf(piece);
  let reads = 0;
  return { read: () => ((reads += 1) === 1 ? read() : new Promise<never>(() => {})), cancel };
}

function bytesOf(piece: string | Uint8Array | undefined): Uint8Array | undefined {
  return typeof piece === 'string' ? new TextEncoder().encode(piece) : piece;
}
