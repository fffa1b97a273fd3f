import { randomUUID } from 'node:crypto';
import { poolOf } from '@scan-login/nest/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everythingOf, NO_TICKET } from '../attacks/support/answers.js';
import { letPass, type Phone, type Screen, screenAt, signedInPhone, signedInPhones } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';

let server: RunningApp;
let other: RunningApp;
let phone: Phone;

beforeAll(async () => {
  // only the bell wakes a held call here
  server = await startApp({ REREAD_EVERY: '60', SESSIONS_PER_DEVICE_TYPE: '0' });
  other = await startApp({ REREAD_EVERY: '60', DATABASE_URL: server.databaseUrl });
  phone = await signedInPhone(server.url);
});
afterAll(async () => {
  expect([server, other].map(({ bell }) => bell.size)).toEqual([0, 0]);
  await Promise.all([server.close(), other.close()]);
});

/** Far less than the hold, so a response within this time was not held; and enough for a busy machine. */
const SOON = 5000;

function waitersToBe(count: number, { bell } = server): Promise<void> {
  return expect.poll(() => bell.waiters, { interval: 5, timeout: 5000 }).toBe(count);
}

/** A screen that was confirmed, and the phone's call that is held for it. */
async function waitedFor(at: RunningApp = server): Promise<{ screen: Screen; waiting: ReturnType<Phone['outcome']> }> {
  const screen = await screenAt('confirmed', server, phone);
  const waiting = phone.at(at.url).outcome(screen);
  await waitersToBe(1, at);
  return { screen, waiting };
}

describe('the phone that has confirmed', () => {
  it('is told that the screen is signed in when it is, and not before', async () => {
    const { screen, waiting } = await waitedFor();
    expect((await phone.outcome(screen, { wait: 0 })).body).toEqual({ status: 'confirmed', expiresIn: 60 });
    const redeemed = await screen.redeem();
    const began = performance.now();
    const { status, body, headers } = await waiting;
    expect({ status, body }).toEqual({ status: 200, body: { status: 'redeemed', expiresIn: 0 } });
    expect(headers.get('cache-control')).toContain('no-store');
    expect(performance.now() - began).toBeLessThan(SOON);
    expect(redeemed.status).toBe(200);
  });

  it('is told by another instance, too', async () => {
    const { screen, waiting } = await waitedFor(other);
    await screen.redeem();
    expect((await waiting).body.status).toBe('redeemed');
  });

  it('is told that the screen went away', async () => {
    const { screen, waiting } = await waitedFor();
    await screen.cancel();
    expect((await waiting).body).toEqual({ status: 'cancelled', expiresIn: 0 });
  });

  it('is told that the screen was too late, when its time is up', async () => {
    const brief = await startAppForTest({ TICKET_REDEEM_WITHIN: '1', REREAD_EVERY: '60' });
    const own = await signedInPhone(brief.url);
    const screen = await screenAt('confirmed', brief, own);
    const { body, ms } = await own.outcome(screen);
    expect(body).toEqual({ status: 'expired', expiresIn: 0 });
    expect(ms).toBeLessThan(SOON);
  });

  it('is told after its wait that nothing has happened yet', async () => {
    const screen = await screenAt('confirmed', server, phone);
    const { body, ms } = await phone.outcome(screen, { wait: 1 });
    expect(body).toEqual({ status: 'confirmed', expiresIn: expect.any(Number) });
    expect(ms).toBeGreaterThanOrEqual(990);
    await screen.cancel();
  });

  it('is told again after a reload of its page, until the ticket is swept away', async () => {
    const screen = await screenAt('redeemed', server, phone);
    for (const at of [server, other]) expect((await phone.at(at.url).outcome(screen)).body.status).toBe('redeemed');
    await letPass(server.db, screen, 300);
    expect((await phone.outcome(screen)).body.status).toBe('redeemed');
  });

  it('that has denied, is told so', async () => {
    const screen = await screenAt('denied', server, phone);
    expect((await phone.outcome(screen)).body).toEqual({ status: 'denied', expiresIn: 0 });
  });

  it.each(['wait=-1', 'wait=1.5', 'wait=', 'wait=1&wait=2'])('must say %s properly', async (query) => {
    const screen = await screenAt('redeemed', server, phone);
    expect(await phone.as('GET', `/v1/tickets/${screen.uuid}/outcome?${query}`)).toMatchObject({ status: 400 });
  });
});

describe('the outcome of a ticket', () => {
  it('is told to no other session, nor before the decision: as if there were no such ticket', async () => {
    const [stranger] = await signedInPhones(server.url, 1);
    const sibling = await signedInPhone(server.url, phone.username);
    const screen = await screenAt('confirmed', server, phone);
    const responses = [
      await stranger!.outcome(screen),
      await sibling.outcome(screen),
      await phone.outcome({ uuid: randomUUID() }),
      await phone.outcome({ uuid: 'nonsense' }),
      await phone.outcome(await screenAt('pending', server, phone)),
      await phone.outcome(await screenAt('scanned', server, phone)),
    ];
    const [first] = responses.map(everythingOf);
    for (const response of responses) {
      expect(response).toMatchObject(NO_TICKET);
      expect(everythingOf(response)).toEqual(first);
    }
    await screen.redeem();
    expect(await sibling.outcome(screen)).toMatchObject(NO_TICKET);
    expect(await screen.as('GET', `/v1/tickets/${screen.uuid}/outcome`)).toMatchObject(NO_TICKET);
  });
});

describe('a held outcome call', () => {
  it('uses no database connection, and frees everything when the phone hangs up', async () => {
    const screen = await screenAt('confirmed', server, phone);
    const hangUp = new AbortController();
    const held = Array.from({ length: 30 }, () => phone.outcome(screen, { signal: hangUp.signal }));
    await waitersToBe(30);
    await expect.poll(() => poolOf(server.db).totalCount - poolOf(server.db).idleCount).toBe(0);
    hangUp.abort();
    await Promise.allSettled(held);
    await expect.poll(() => server.bell.size, { interval: 5, timeout: 1000 }).toBe(0);
    await screen.cancel();
  });

  it('ends when its session is ended elsewhere, and its ticket with it', async () => {
    const own = await signedInPhone(server.url);
    const owner = await signedInPhone(server.url, own.username);
    const screen = await screenAt('confirmed', server, own);
    const waiting = own.outcome(screen);
    await waitersToBe(1);
    await owner.as('DELETE', `/v1/sessions/${own.tokens!.session.id}`);
    const { body, ms } = await waiting;
    expect(body).toEqual({ status: 'cancelled', expiresIn: 0 });
    expect(ms).toBeLessThan(SOON);
    expect(await own.outcome(screen)).toMatchObject({ status: 401, body: { code: 'session_ended' } });
  });

  it('is answered as if its time were up when the server stops', async () => {
    const stopping = await startApp({ DATABASE_URL: server.databaseUrl });
    const screen = await screenAt('confirmed', server, phone);
    const waiting = phone.at(stopping.url).outcome(screen);
    await waitersToBe(1, stopping);
    await stopping.close();
    expect((await waiting).body).toEqual({ status: 'confirmed', expiresIn: expect.any(Number) });
    expect((await phone.outcome(screen, { wait: 0 })).body.status).toBe('confirmed');
    await screen.cancel();
  });

  it('is counted as a status call: refused past the number that one address may hold', async () => {
    const few = await startAppForTest({ TRUST_PROXY: 'loopback', POLLS_HELD_PER_ADDRESS: '2' });
    const own = await signedInPhone(few.url);
    const screen = await screenAt('confirmed', few, own);
    const hangUp = new AbortController();
    const from = (ip: string) =>
      fetch(`${few.url}/v1/tickets/${screen.uuid}/outcome`, {
        headers: {
          authorization: `Bearer ${own.tokens!.accessToken}`,
          'x-device-id': own.id,
          'x-forwarded-for': ip,
        },
        signal: hangUp.signal,
      });
    const held = [from('198.51.100.1'), from('198.51.100.1'), from('198.51.100.2')];
    await waitersToBe(3, few);
    expect((await from('198.51.100.1')).status).toBe(429);
    hangUp.abort();
    await Promise.allSettled(held);
    await expect.poll(() => few.bell.size, { interval: 5, timeout: 1000 }).toBe(0);
  });
});
