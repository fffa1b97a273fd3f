import type { ScreenLoginOptions, ScreenState, Waiting } from '@scan-login/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from './support/fake-clock.js';
import { fakeLogin, statesOf } from './support/fake-login.js';
import { FakePage } from './support/fake-page.js';
import { ACCOUNT, type FakeCall, type FakeResponse, FakeServer, UUID } from './support/fake-server.js';

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

const names = (seen: ScreenState[]) => seen.map(({ at }) => at);
const codes = (seen: ScreenState[]) =>
  seen.filter((state): state is Waiting => state.at === 'waiting').map(({ qrUrl }) => /c=(\d+)/.exec(qrUrl)?.[1]);

/** The code of a moment: a number that changes every 30 seconds. */
const codeAt = (at: number) => {
  const code = Math.floor(at / 30_000);
  return {
    qrUrl: `https://login.example.org/l/${UUID}#c=${code}`,
    qrImageUrl: `https://login.example.org/v1/tickets/${UUID}/qr.svg?code=${code}`,
    rotatesIn: 30 - Math.floor((at % 30_000) / 1000),
  };
};

const opened = {
  uuid: UUID,
  secret: 'secret',
  expiresAt: '2026-11-25T00:02:00.000Z',
  expiresIn: 120,
  holdFor: 25,
};

type Responses = Record<string, (call: FakeCall) => FakeResponse | undefined>;

/** A server whose ticket's code rotates. */
function rotatingServer(responses: Responses = {}): FakeServer {
  return new FakeServer(clock, {
    POST: ({ at }) => ({ status: 201, body: { ...opened, ...codeAt(at) } }),
    'GET /code': ({ at }) => ({ body: { ...codeAt(at), expiresIn: 60 } }),
    'GET /qr.svg': ({ query }) => ({ body: `<svg>${query}</svg>` }),
    ...responses,
  });
}

const run = (server: FakeServer, options: Partial<ScreenLoginOptions> = {}, last?: ScreenState['at']) =>
  statesOf(fakeLogin(server, clock, { rotates: true, renewals: 0, ...options }), clock, last);

describe('a code that rotates', () => {
  it('is shown anew every 30 seconds with its picture, and no poll is interrupted for it', async () => {
    const server = rotatingServer();
    const seen = await run(server, { svg: true });
    expect(names(seen)).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'over']);
    expect(codes(seen)).toEqual(['0', '1', '2', '3']);
    expect(seen.slice(0, 4)).toMatchObject([0, 1, 2, 3].map((code) => ({ svg: `<svg>?code=${code}</svg>` })));
    expect(server.calls[0]!.body).toMatchObject({ rotates: true });
    expect(server.times('GET /code')).toEqual([30_000, 60_000, 90_000]);
    expect(server.times('GET /status')).toEqual([0, 25_000, 50_000, 75_000, 100_000]);
    expect(clock.pending).toBe(0);
  });

  it('is asked for by the events of a ticket as by polls', async () => {
    const server = rotatingServer({ 'GET /events': () => ({ headers: { 'Content-Type': 'text/event-stream' } }) });
    expect(codes(await run(server, { transport: 'events' }))).toEqual(['0', '1', '2', '3']);
  });

  it('stops to rotate once it was scanned', async () => {
    const scanned = { body: { code: 201, status: 'scanned', expiresIn: 100, account: ACCOUNT } };
    const server = rotatingServer({
      'GET /status': ({ query }) =>
        query.includes('known=pending')
          ? { ...scanned, after: 10_000 }
          : { after: 30_000, body: { code: 200, status: 'confirmed', expiresIn: 60, account: ACCOUNT } },
    });
    expect(names(await run(server))).toEqual(['waiting', 'scanned', 'confirmed', 'signed-in']);
    expect(server.times('GET /code')).toEqual([]);
  });

  it('is not waited for when a phone scans meanwhile', async () => {
    const server = rotatingServer({
      'GET /code': ({ at }) => ({ after: 14_000, body: { ...codeAt(at), expiresIn: 60 } }),
      'GET /status': ({ at }) =>
        at < 25_000
          ? { after: 25_000, body: { code: 408, status: 'pending', expiresIn: 60 } }
          : { after: 6_000, body: { code: 201, status: 'scanned', expiresIn: 60, account: ACCOUNT } },
    });
    const seen = await run(server, {}, 'scanned');
    expect(names(seen)).toEqual(['waiting', 'scanned']);
    expect(clock.now()).toBe(31_000);
  });

  it('is neither shown nor asked for while the page is hidden, and at once when it is visible again', async () => {
    const page = new FakePage();
    const server = rotatingServer();
    const done = run(server, { visibility: page }, undefined);
    const away = (async () => {
      await clock.sleep(10_000);
      page.hide();
      await clock.sleep(57_000);
      page.hide(false);
    })();
    const [seen] = await Promise.all([done, away]);
    expect(codes(seen)).toEqual(['0', '2', '3']);
    expect(server.times('GET /code')).toEqual([67_000, 90_000]);
  });

  it('stays as it is, and the screen is offline, while the next one cannot be loaded', async () => {
    const server = rotatingServer({
      'GET /code': ({ at }) => (at < 40_000 ? undefined : { body: { ...codeAt(at), expiresIn: 60 } }),
    });
    const seen = await run(server);
    expect(names(seen).slice(0, 3)).toEqual(['waiting', 'offline', 'waiting']);
    expect(seen[1]).toMatchObject({ before: seen[0] });
    expect(codes(seen)).toEqual(['0', '1', '2', '3']);
    expect(server.times('GET /code').length).toBeLessThan(12);
  });

  it('leaves no call behind when the loop is left at a new code', async () => {
    const server = rotatingServer();
    const steps = fakeLogin(server, clock, { rotates: true });
    await clock.until(steps.next());
    await clock.until(steps.next());
    await clock.until(steps.return());
    expect(clock.pending).toBe(0);
  });
});
