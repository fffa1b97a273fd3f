import type { ScreenLoginOptions, ScreenState } from '@scan-login/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from './support/fake-clock.js';
import { fakeLogin, statesOf } from './support/fake-login.js';
import { ACCOUNT, type FakeResponse, FakeServer, TOKENS } from './support/fake-server.js';

let clock: FakeClock;
let page: EventTarget;
let tab: Map<string, string>;

beforeEach(() => {
  clock = new FakeClock();
  page = new EventTarget();
  tab = new Map();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
});
afterEach(() => vi.unstubAllGlobals());

const storage = {
  getItem: (key: string) => tab.get(key) ?? null,
  setItem: (key: string, value: string) => void tab.set(key, value),
  removeItem: (key: string) => void tab.delete(key),
};
const fire = (type: string) => page.dispatchEvent(new Event(type));
const names = (seen: ScreenState[]) => seen.map(({ at }) => at);
const status = (known: string, code: number): FakeResponse => ({
  body: { code, status: known, expiresIn: 60, account: ACCOUNT },
});

/** A page that is left, by a reload, when its login comes to this state. */
async function leftAt(at: ScreenState['at'], server: FakeServer, options: Partial<ScreenLoginOptions> = {}) {
  const steps = fakeLogin(server, clock, { resume: storage, ...options });
  const seen: ScreenState[] = [];
  await clock.until(
    (async () => {
      for (;;) {
        const { value } = await steps.next();
        seen.push(value!);
        if (value!.at === at) break;
      }
      expect([...tab]).toEqual([]);
      fire('pagehide');
    })(),
  );
  // its script is gone
  page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  return seen;
}

describe('a screen whose page is reloaded', () => {
  it('shows the same code at once, and asks for its status', async () => {
    const server = new FakeServer(clock);
    const [before] = await leftAt('waiting', server);
    await clock.until(clock.sleep(5_000));
    const seen = await statesOf(fakeLogin(server, clock, { resume: storage, renewals: 0 }), clock);
    const { secondsLeft: _first, ...same } = before as Extract<ScreenState, { at: 'waiting' }>;
    expect(seen[0]).toMatchObject(same);
    expect(server.times('POST')).toHaveLength(1);
    expect(server.calls[1]).toMatchObject({ name: 'GET /status', query: '?known=pending&wait=0' });
  });

  it('shows who has scanned, without showing the code again', async () => {
    const server = new FakeServer(clock, {
      'GET /status': ({ query }) =>
        query.includes('known=scanned') ? status('confirmed', 200) : status('scanned', 201),
    });
    await leftAt('scanned', server);
    const seen = await statesOf(fakeLogin(server, clock, { resume: storage }), clock);
    expect(names(seen)).toEqual(['scanned', 'confirmed', 'signed-in']);
    expect(seen[0]).toMatchObject({ account: ACCOUNT });
    expect(seen.at(-1)).toMatchObject({ deviceId: 'screen-1' });
  });

  it('is signed in although the response to its redeem got lost with the page', async () => {
    let redeems = 0;
    const server = new FakeServer(clock, {
      'GET /status': () => status('confirmed', 200),
      'POST /redeem': () => ((redeems += 1) === 1 ? undefined : { body: TOKENS }),
    });
    await leftAt('offline', server);
    const seen = await statesOf(fakeLogin(server, clock, { resume: storage }), clock);
    expect(seen.at(-1)).toMatchObject({ at: 'signed-in', tokens: TOKENS });
    expect(server.times('POST')).toHaveLength(1);
  });

  it('goes on with the device id that was made for it', async () => {
    const server = new FakeServer(clock);
    await leftAt('waiting', server, { device: { type: 'web' } });
    const confirmed = new FakeServer(clock, { 'GET /status': () => status('confirmed', 200) });
    const options = { resume: storage, device: { type: 'web' } } as const;
    const [, , signedIn] = await statesOf(fakeLogin(confirmed, clock, options), clock);
    const { device } = server.calls[0]!.body as { device: { id: string } };
    expect(signedIn).toMatchObject({ at: 'signed-in', deviceId: device.id });
    expect(confirmed.calls.at(-1)!.headers['X-Device-Id']).toBe(device.id);
  });

  it.each<[string, Partial<ScreenLoginOptions>, number]>([
    ['has expired', {}, 121_000],
    ['is of another device', { device: { type: 'web', id: 'screen-2' } }, 0],
    ['is of another server', { server: 'https://other.example.org' }, 0],
  ])('opens a new ticket if the one that is kept %s', async (_what, options, ms) => {
    const server = new FakeServer(clock);
    await leftAt('waiting', server);
    await clock.until(clock.sleep(ms));
    await statesOf(fakeLogin(server, clock, { resume: storage, ...options }), clock, 'waiting');
    expect(server.times('POST').length + server.times('POST https://other.example.org').length).toBe(2);
  });

  it.each(['', 'null', '{}', '{"opened":1}', '<html>'])('opens a new ticket if what is kept is %j', async (text) => {
    const server = new FakeServer(clock);
    await leftAt('waiting', server);
    for (const key of tab.keys()) tab.set(key, text);
    await statesOf(fakeLogin(server, clock, { resume: storage }), clock, 'waiting');
    expect(server.times('POST')).toHaveLength(2);
  });

  it.each(['{}', '{"opened":{"uuid":"1","secret":"2","qrUrl":"javascript:alert()","expiresIn":9},"until":9e15}'])(
    'opens a new ticket if what is kept is %j, where the device has no id of its own',
    async (text) => {
      const server = new FakeServer(clock);
      const options = { resume: storage, device: { type: 'web' } } as const;
      await leftAt('waiting', server, options);
      for (const key of tab.keys()) tab.set(key, text);
      await statesOf(fakeLogin(server, clock, options), clock, 'waiting');
      expect(server.times('POST')).toHaveLength(2);
    },
  );

  it('keeps nothing once it is signed in, or its loop was left', async () => {
    const server = new FakeServer(clock, { 'GET /status': () => status('confirmed', 200) });
    await statesOf(fakeLogin(server, clock, { resume: storage }), clock);
    fire('pagehide');
    await statesOf(fakeLogin(server, clock, { resume: storage }), clock, 'waiting');
    fire('pagehide');
    expect([...tab]).toEqual([]);
  });

  it('finds its ticket although its key is loaded after the page', async () => {
    const server = new FakeServer(clock);
    await leftAt('waiting', server);
    const key = () => clock.sleep(100).then(() => undefined);
    clock.setTimeout(() => fire('pageshow'), 50);
    await statesOf(fakeLogin(server, clock, { resume: storage, key }), clock, 'waiting');
    expect(server.times('POST')).toHaveLength(1);
  });

  it('takes its ticket back when it comes out of the cache of the browser', async () => {
    const server = new FakeServer(clock);
    const steps = fakeLogin(server, clock, { resume: storage });
    await clock.until(steps.next());
    fire('pagehide');
    expect([...tab]).toHaveLength(1);
    fire('pageshow');
    expect([...tab]).toEqual([]);
    await clock.until(steps.return());
  });
});

describe('a screen whose page is left', () => {
  it('cancels its ticket at that moment, if it does not resume', async () => {
    const server = new FakeServer(clock);
    const steps = fakeLogin(server, clock);
    await clock.until(steps.next());
    fire('pagehide');
    expect(server.calls.at(-1)).toMatchObject({ name: 'DELETE', headers: { 'X-Ticket-Secret': 'secret' } });
    await clock.until(steps.return());
    expect(server.times('DELETE')).toHaveLength(1);
  });
});
