import {
  deviceKey,
  type Fetch,
  type KeyPair,
  type Lock,
  phone,
  retry,
  ScanLoginError,
  session,
  type SessionOptions,
} from '@scan-login/client';
import { randomUUID } from 'node:crypto';
import { Clock } from '@scan-login/nest/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, register, Screen } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { FakeClock } from './support/fake-clock.js';
import { FakeServer, TOKENS } from './support/fake-server.js';
import { signedInPhone } from './support/people.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
  const clock = app.app.get(Clock);
  const now = clock.now.bind(clock);
  clock.now = () => now() + passed;
});
afterAll(() => app.close());

/** How far the server's clock was put forward. */
let passed = 0;

/** Makes every access token expire that was issued so far. */
function letTokensExpire(): void {
  passed += 601_000;
}

/** `fetch` that counts the calls by path, and may lose responses. */
function counting() {
  const calls: string[] = [];
  const losing = new Set<string>();
  const counted: Fetch = async (url, request) => {
    const { pathname } = new URL(url);
    calls.push(`${request.method} ${pathname}`);
    const response = await fetch(url, request);
    if (!losing.delete(pathname)) return response;
    await response.text();
    throw new TypeError('fetch failed');
  };
  return {
    fetch: counted,
    refreshes: () => calls.filter((call) => call === 'POST /v1/sessions/refresh').length,
    /** Loses the next response to this path. */
    lose: (path: string) => losing.add(path),
  };
}

function denied(): never {
  throw new Error('denied');
}

/** A storage that several tabs share. */
function storage() {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

/** A lock like that of `navigator.locks`. */
function lock(): Lock {
  let last: Promise<unknown> = Promise.resolve();
  return (_, work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

async function signedIn(options: Partial<SessionOptions> = {}) {
  return (await signedInPhone(app.url, undefined, options)).session;
}

describe('a session of the client', () => {
  it('refreshes once for twenty callers', async () => {
    const network = counting();
    const own = await signedIn({ fetch: network.fetch });
    letTokensExpire();
    const accounts = await Promise.all(Array.from({ length: 20 }, () => own.account()));
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(1);
    expect(network.refreshes()).toBe(1);
  });

  it('takes turns with other tabs that share its storage, so that no refresh token is used twice', async () => {
    const network = counting();
    const shared = { fetch: network.fetch, storage: storage(), lock: lock() };
    const first = await signedIn(shared);
    const tabs = [first];
    while (tabs.length < 5) {
      const tab = session({ server: app.url, ...shared });
      expect(await tab.resume()).toBe(true);
      tabs.push(tab);
    }
    for (let round = 1; round <= 2; round += 1) {
      letTokensExpire();
      await Promise.all(tabs.flatMap((tab) => [tab.account(), tab.sessions()]));
      expect(network.refreshes()).toBe(round);
    }
  });

  it('survives a lost response to a refresh', async () => {
    const network = counting();
    const own = await signedIn({ fetch: network.fetch });
    letTokensExpire();
    network.lose('/v1/sessions/refresh');
    expect(await own.account()).toMatchObject({ displayName: 'Ada Lovelace' });
    expect(network.refreshes()).toBe(2);
    letTokensExpire();
    await own.account();
  });

  it('reports once that it has ended, and why, and forgets its tokens', async () => {
    const ends: string[] = [];
    const kept = storage();
    const username = await register(app.url);
    const own = (
      await signedInPhone(app.url, username, { storage: kept, onEnd: (reason: string) => ends.push(reason) })
    ).session;
    await signedInPhone(app.url, username);
    const calls = await Promise.allSettled([own.account(), own.sessions(), own.account()]);
    expect(calls.every(({ status }) => status === 'rejected')).toBe(true);
    expect(ends).toEqual(['replaced']);
    expect(own.current).toBeUndefined();
    expect([...kept.values.keys()]).toEqual(['scan-login.device']);
    await expect(own.account()).rejects.toMatchObject({ code: 'token_invalid' });
    expect(ends).toHaveLength(1);
  });

  it('ends in all tabs when one signs out, and leaves a session alone that began there afterwards', async () => {
    const ends: string[] = [];
    const shared = { storage: storage(), lock: lock() };
    const first = await signedIn(shared);
    const second = session({ server: app.url, ...shared, onEnd: (reason) => ends.push(reason) });
    await second.resume();
    await first.signOut();
    expect(first.current).toBeUndefined();
    await first.signIn(await register(app.url), PASSWORD);
    await expect(second.account()).rejects.toMatchObject({ code: 'session_ended', reason: 'signed_out' });
    expect(ends).toEqual(['signed_out']);
    expect(await first.account()).toBeTruthy();
    const third = session({ server: app.url, ...shared });
    expect(await third.resume()).toBe(true);
    expect(third.current).toEqual(first.current);
  });

  it('goes on where a call is refused with 401 for another reason: a wrong current password, or an answer that is not of scan-login', async () => {
    const ends: string[] = [];
    const own = await signedIn({ onEnd: (reason) => ends.push(reason) });
    const body = { current: 'not the password', new: 'another battery staple' };
    await expect(own.call('/v1/account/password', { method: 'POST', body })).rejects.toMatchObject({
      code: 'invalid_credentials',
      status: 401,
    });
    expect(await own.account()).toMatchObject({ displayName: 'Ada Lovelace' });

    const clock = new FakeClock();
    const server = new FakeServer(clock, {
      'GET /orders': () => ({ status: 401, body: { statusCode: 401, message: 'Unauthorized' } }),
      'GET /v1/account': () => ({ status: 401, body: { code: 'token_expired', title: 'Expired', status: 401 } }),
      'POST /v1/sessions/refresh': () => ({ status: 403, body: '<html>Sign in to the network of the hotel</html>' }),
    });
    const behind = session({ server: 'https://login.example.org', fetch: server.fetch, clock, storage: storage() });
    await behind.begin({ tokens: TOKENS, deviceId: 'x' });
    await expect(behind.call('/orders')).rejects.toMatchObject({ code: 'unexpected', status: 401 });
    await expect(behind.account()).rejects.toMatchObject({ code: 'unexpected', status: 403 });
    expect(behind.current).toMatchObject({ session: TOKENS.session });
    expect(ends).toEqual([]);
  });

  it('lists and ends sessions', async () => {
    const username = await register(app.url);
    const own = (await signedInPhone(app.url, username)).session;
    const desk = (await signedInPhone(app.url, username, { device: { type: 'desktop' } })).session;
    const other = (await own.sessions()).find(({ current }) => !current)!;
    expect(other.device.type).toBe('desktop');
    await own.endSession(other.id);
    await expect(own.endSession(randomUUID())).rejects.toMatchObject({ code: 'session_not_found', status: 404 });
    await expect(desk.account()).rejects.toMatchObject({ code: 'session_ended', reason: 'revoked' });
  });

  it('keeps its device between sessions', async () => {
    const kept = storage();
    const own = await signedIn({ storage: kept });
    const id = await own.deviceId();
    await own.signOut();
    expect(await session({ server: app.url, storage: kept }).deviceId()).toBe(id);
    expect(id).toMatch(/^[\x21-\x7e]{1,128}$/);
  });

  it('works where nothing can be stored', async () => {
    const network = counting();
    const own = await signedIn({
      fetch: network.fetch,
      storage: { getItem: denied, setItem: denied, removeItem: denied },
    });
    letTokensExpire();
    await own.account();
    expect(network.refreshes()).toBe(1);
    await own.signOut();
  });

  it('can keep the refresh token in a cookie: then no token is stored', async () => {
    const kept = storage();
    let cookie = '';
    const browser: Fetch = async (url, request) => {
      const response = await fetch(url, {
        ...request,
        headers: { ...request.headers, cookie, 'sec-fetch-site': 'same-origin' },
      });
      cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
      return response;
    };
    const ends: string[] = [];
    const onEnd = (reason: string) => ends.push(reason);
    const options = { server: app.url, storage: kept, fetch: browser, refreshCookie: true, onEnd };
    const own = session(options);
    await own.signIn(await register(app.url), PASSWORD);
    expect(JSON.stringify([...kept.values])).not.toMatch(/accessToken|refreshToken/);
    const reloaded = session(options);
    expect(await reloaded.resume()).toBe(true);
    letTokensExpire();
    expect(await reloaded.account()).toEqual(await reloaded.account());
    expect(await session({ ...options, storage: storage() }).resume()).toBe(false);
    cookie = '';
    expect(await session(options).resume()).toBe(false);
    expect(kept.values.has('scan-login.session')).toBe(false);
    expect(ends).toEqual([]);
  });
});

describe('a session that is bound to a key', () => {
  it('has one key, even where two tabs ask for it at the same moment', async () => {
    const pairs = new Map<string, KeyPair>();
    const store = {
      get: async (name: string) => pairs.get(name),
      put: async (name: string, pair: KeyPair) => {
        if (pairs.has(name)) throw new Error('there is one already');
        pairs.set(name, pair);
      },
    };
    const keys = await Promise.all([deviceKey({ store }), deviceKey({ store })]);
    const proofs = await Promise.all(keys.map((key) => key!.prove('GET', '/')));
    const [first, second] = proofs.map((proof) => {
      const header = Buffer.from(proof.split('.')[0]!, 'base64url').toString();
      return (JSON.parse(header) as { jwk: object }).jwk;
    });
    expect(second).toEqual(first);
  });

  it('is not there yet while its key cannot be loaded, and goes on once it can', async () => {
    let fails = false;
    const key = () =>
      fails ? Promise.reject(new ScanLoginError({ code: 'offline', status: 0 })) : deviceKey({ store });
    const pairs = new Map<string, KeyPair>();
    const store = {
      get: async (name: string) => pairs.get(name),
      put: async (name: string, pair: KeyPair) => void pairs.set(name, pair),
    };
    const { url: server } = await startAppForTest();
    const options = { server, storage: storage(), key };
    const own = session(options);
    await own.signIn(await register(server), PASSWORD);
    const restarted = session(options);
    fails = true;
    await expect(restarted.resume()).rejects.toMatchObject({ code: 'offline', isPassing: true });
    expect(restarted.current).toBeUndefined();
    fails = false;
    expect(await restarted.resume()).toBe(true);
    expect(restarted.current).toEqual(own.current);
    expect(await restarted.account()).toMatchObject({ displayName: 'Ada Lovelace' });
  });

  it('goes on after a restart with a stored key, and is over without it', async () => {
    const pairs = new Map<string, KeyPair>();
    const store = {
      get: async (name: string) => pairs.get(name),
      put: async (name: string, pair: KeyPair) => void pairs.set(name, pair),
    };
    const ends: string[] = [];
    const onEnd = (reason: string) => ends.push(reason);
    const { url: server } = await startAppForTest();
    const options = { server, storage: storage(), key: () => deviceKey({ store }), onEnd };
    const own = session(options);
    await own.signIn(await register(server), PASSWORD);
    const restarted = session(options);
    expect(await restarted.resume()).toBe(true);
    expect(await restarted.account()).toMatchObject({ displayName: 'Ada Lovelace' });

    const without = session({ ...options, key: undefined });
    await without.resume();
    await expect(without.account()).rejects.toMatchObject({ status: 401 });
    expect(ends).toHaveLength(1);
    expect(await session(options).resume()).toBe(false);
  });

  it('is never bound to a key that is gone after a restart', async () => {
    const kept = storage();
    await signedIn({ storage: kept, key: deviceKey });
    expect(kept.values.get('scan-login.session')).toContain('"tokenType":"Bearer"');
  });
});

describe('a decision whose response was lost', () => {
  it.each(['confirm', 'deny'] as const)('is not refused when it is repeated: %s', async (decision) => {
    const network = counting();
    const own = await signedIn({ fetch: network.fetch });
    const screen = new Screen(app.url);
    await screen.open();
    const ticket = await phone(own).scan(screen.qrUrl);
    network.lose(`/v1/tickets/${screen.uuid}/${decision}`);
    await expect(ticket[decision]()).rejects.toMatchObject({ code: 'offline', isPassing: true });
    if (decision === 'confirm') await screen.redeem();
    await ticket[decision]();
  });

  it('reports that the screen has used its session, when it is repeated once more', async () => {
    const network = counting();
    const own = await signedIn({ fetch: network.fetch });
    const screen = new Screen(app.url);
    await screen.open();
    const ticket = await phone(own).scan(screen.qrUrl);
    network.lose(`/v1/tickets/${screen.uuid}/confirm`);
    await expect(ticket.confirm()).rejects.toMatchObject({ code: 'offline' });
    await ticket.confirm();
    await screen.redeem();
    await screen.account();
    await expect(ticket.confirm()).rejects.toMatchObject({ code: 'ticket_wrong_status', currentStatus: 'redeemed' });
  });

  it('is refused when the ticket was decided otherwise meanwhile', async () => {
    const own = await signedIn();
    const screen = new Screen(app.url);
    await screen.open();
    const ticket = await phone(own).scan(screen.qrUrl);
    await screen.cancel();
    await expect(ticket.deny()).rejects.toMatchObject({ code: 'ticket_wrong_status', currentStatus: 'cancelled' });
  });
});

describe('a call on a phone', () => {
  it('ends when its signal is aborted, with the abort reason: sign-in, confirm and deny', async () => {
    const own = await signedIn();
    const screen = new Screen(app.url);
    await screen.open();
    const ticket = await phone(own).scan(screen.qrUrl);
    const signal = AbortSignal.abort(new Error('the person has left'));
    await expect(own.signIn('ada', PASSWORD, { signal })).rejects.toThrow('the person has left');
    await expect(ticket.confirm(undefined, { signal })).rejects.toThrow('the person has left');
    await expect(ticket.deny('declined', { signal })).rejects.toThrow('the person has left');
    expect((await screen.poll('scanned', { wait: 0 })).body.status).toBe('scanned');
  });
});

function offline(): ScanLoginError {
  return new ScanLoginError({ code: 'offline', status: 0 });
}

describe('a retry', () => {
  it('repeats a call until it succeeds, and reports each failure that another attempt follows', async () => {
    const clock = new FakeClock();
    const told: string[] = [];
    let attempts = 0;
    const attempt = async () => {
      if ((attempts += 1) < 3) throw offline();
      return 'done';
    };
    const retried = retry(attempt, { within: 30_000, clock, onRetry: ({ code }) => told.push(code) });
    expect(await clock.until(retried)).toBe('done');
    expect(told).toEqual(['offline', 'offline']);
  });

  it('ends with the last error when its time is over', async () => {
    const clock = new FakeClock();
    const retried = retry(() => Promise.reject(offline()), { within: 30_000, clock });
    await expect(clock.until(retried)).rejects.toMatchObject({ code: 'offline' });
    expect(clock.now()).toBeLessThanOrEqual(30_000);
    expect(clock.pending).toBe(0);
  });

  it('does not repeat a call after an error that no retry can fix', async () => {
    let attempts = 0;
    const attempt = () => {
      attempts += 1;
      return Promise.reject(new ScanLoginError({ code: 'ticket_expired', status: 410 }));
    };
    await expect(retry(attempt, { within: 30_000 })).rejects.toMatchObject({ code: 'ticket_expired' });
    expect(attempts).toBe(1);
  });

  it('ends at once when its signal is aborted', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const onRetry = () => stop.abort(new Error('the person has left'));
    const retried = retry(() => Promise.reject(offline()), { within: 30_000, clock, signal: stop.signal, onRetry });
    await expect(clock.until(retried)).rejects.toThrow('the person has left');
    expect([clock.now(), clock.pending]).toEqual([0, 0]);
  });
});

describe('a refresh that cannot reach the server', () => {
  it('is retried for some seconds only: a used token sent later would end the session', async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock, {
      'GET /v1/account': () => ({ status: 401, body: { code: 'token_expired', title: 'Expired', status: 401 } }),
      // connections that break, or hang
      'POST /v1/sessions/refresh': ({ at }) => (at < 300 ? { after: 60_000 } : undefined),
    });
    const own = session({ server: 'https://login.example.org', fetch: server.fetch, clock });
    await own.begin({ tokens: { ...TOKENS, tokenType: 'Bearer' }, deviceId: 'x' });
    await expect(clock.until(own.account())).rejects.toMatchObject({ code: 'offline' });
    const times = server.times('POST /v1/sessions/refresh');
    expect(times.length).toBeGreaterThan(1);
    expect(times.at(-1)! - times[0]!).toBeLessThanOrEqual(6000);
    expect(own.current).toBeTruthy();
  });
});
