import { describe, expect, it } from 'vitest';
import { HeldCalls } from '../../apps/server/src/limits/held-calls.js';
import { PASSWORD, Phone, Screen, signedInPhone } from '../support/actors.js';
import { startAppForTest } from '../support/app.js';
import { call } from '../support/http.js';

/** Headers of a trusted proxy, which state another address of the caller. */
function from(ip: string) {
  return { 'x-forwarded-for': ip };
}

const behindProxy = { TRUST_PROXY: 'loopback' };

describe('a network', () => {
  it('has its limit at all instances together', async () => {
    const limit = { ...behindProxy, TICKETS_PER_MINUTE: '6' };
    const one = await startAppForTest(limit);
    const other = await startAppForTest({ ...limit, DATABASE_URL: one.databaseUrl });
    const open = async ({ url }: typeof one) => {
      const json = { device: { id: 'tv', type: 'tv' } };
      return (await call('POST', `${url}/v1/tickets`, { headers: from('203.0.113.9'), json })).status;
    };
    const count = async () => (await one.db.query('SELECT calls FROM call_counts'))[0]?.calls;
    for (let ticket = 0; ticket < 4; ticket += 1) expect(await open(one)).toBe(201);
    await expect.poll(count, { timeout: 5000 }).toBe(4);
    expect(await open(other)).toBe(201);
    await expect.poll(count, { timeout: 5000 }).toBe(5);
    expect(await open(other)).toBe(201);
    expect(await open(other)).toBe(429);
  });

  it('cannot keep a screen from polling: another client that knows the uuid uses up its own limit', async () => {
    const { url } = await startAppForTest({ ...behindProxy, POLLS_PER_TICKET: '3' });
    const screen = new Screen(url);
    await screen.open();
    const poll = async (ip: string, secret: string) => {
      const headers = { ...from(ip), 'x-ticket-secret': secret };
      return (await call('GET', `${url}/v1/tickets/${screen.uuid}/status?wait=0`, { headers })).status;
    };
    for (const expected of [404, 404, 404, 429]) expect(await poll('203.0.113.9', 'a guess')).toBe(expected);
    expect(await poll('203.0.113.10', screen.secret)).toBe(200);
  });
});

describe('a held call', () => {
  it('is counted for its network until it was answered, refused or hung up, and no longer', async () => {
    const { url, app } = await startAppForTest({ ...behindProxy, POLLS_HELD_PER_ADDRESS: '50' });
    const counted = () => app.get(HeldCalls).size;
    const phone = await signedInPhone(url);
    const [decided, left, followed] = [new Screen(url), new Screen(url), new Screen(url)];
    await Promise.all([decided, left, followed].map((screen) => screen.open()));
    const hold = ({ uuid, secret }: Screen, what: string, ip: string, signal?: AbortSignal) => {
      const headers = { ...from(ip), 'x-ticket-secret': secret };
      return call('GET', `${url}/v1/tickets/${uuid}/${what}`, { headers, signal });
    };
    const hangUp = new AbortController();
    const answered = hold(decided, 'status', '2001:db8:1:2::1');
    const abandoned = hold(left, 'status', '203.0.113.9', hangUp.signal).catch(() => undefined);
    const stream = hold(followed, 'events', '203.0.113.10');
    // the /64 with its /56 and its /48, and two addresses of IPv4
    await expect.poll(counted, { timeout: 5_000 }).toBe(5);
    await phone.scan(decided);
    expect((await answered).body.code).toBe(201);
    await expect.poll(counted).toBe(2);
    hangUp.abort();
    await abandoned;
    await expect.poll(counted).toBe(1);
    await followed.cancel();
    expect((await stream).body).toContain('event: cancelled');
    await expect.poll(counted).toBe(0);
    const refusals = ['status?wait=x', 'status?wait=0', 'events', 'status'].map((what) =>
      hold(Object.assign(new Screen(url), { uuid: followed.uuid, secret: 'wrong' }), what, '203.0.113.11'),
    );
    expect((await Promise.all(refusals)).map(({ status }) => status)).toEqual([400, 404, 404, 404]);
    await expect.poll(counted).toBe(0);
  });
});

describe('a burst from one network', () => {
  it('gets a tenth of its limit for a minute, and the rest a moment later', async () => {
    const { url } = await startAppForTest({ ...behindProxy, PAGES_PER_MINUTE: '400' });
    const load = () => call('GET', `${url}/`, { headers: from('203.0.113.20') });
    const responses = await Promise.all(Array.from({ length: 120 }, load));
    const refused = responses.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const response of refused)
      expect(response).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
    expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(refused.map(() => '1'));
    await expect.poll(async () => (await load()).status, { timeout: 5000, interval: 100 }).toBe(200);
  });
});

describe('one account', () => {
  it('may scan a limited number of codes a minute, from any network', async () => {
    const { url } = await startAppForTest({ SCANS_PER_ACCOUNT: '3' });
    const phone = await signedInPhone(url);
    const scan = async () => {
      const screen = new Screen(url);
      await screen.open();
      return phone.scan(screen);
    };
    for (let code = 0; code < 3; code += 1) expect((await scan()).status).toBe(200);
    const refused = await scan();
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('may make a limited number of calls a minute, from any network, and an ended session uses up none of them', async () => {
    const { url } = await startAppForTest({ CALLS_PER_ACCOUNT: '4', SESSIONS_PER_DEVICE_TYPE: '0' });
    const phone = await signedInPhone(url);
    const stolen = await signedInPhone(url, phone.username);
    expect((await stolen.signOut()).status).toBe(204);
    for (let nth = 0; nth < 9; nth += 1) expect((await stolen.account()).status).toBe(401);
    for (const act of ['account', 'sessions', 'account'] as const) expect((await phone[act]()).status).toBe(200);
    const refused = await phone.account();
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
  });

  it('may change its password a limited number of times a minute', async () => {
    const { url } = await startAppForTest({ PASSWORD_CHANGES_PER_ACCOUNT: '2' });
    const phone = await signedInPhone(url);
    const passwords = [PASSWORD, 'one new long password', 'another new long password', 'and a third long password'];
    const change = (nth: number) =>
      phone.as('POST', '/v1/account/password', { current: passwords[nth], new: passwords[nth + 1] });
    expect([(await change(0)).status, (await change(1)).status]).toEqual([204, 204]);
    expect(await change(2)).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
  });
});

describe('the events of an account', () => {
  it('are shown to its owner alone', async () => {
    const { url } = await startAppForTest();
    const phone = await signedInPhone(url);
    const stranger = await signedInPhone(url);
    const screen = new Screen(url);
    await screen.open();
    await phone.scan(screen);
    await stranger.confirm(screen, phone.scanToken);
    await phone.deny(screen, 'not_me');
    const { events } = (await phone.as('GET', '/v1/account/events')).body;
    expect(events.map(({ event }: { event: string }) => event)).toEqual([
      'ticket.denied',
      'session.started',
      'account.registered',
      'ticket.scanned',
    ]);
    expect(events[0]).toEqual({
      event: 'ticket.denied',
      important: true,
      at: expect.any(String),
      lastAt: events[0].at,
      count: 1,
      ip: null,
      sessionId: phone.tokens!.session.id,
      detail: { reason: 'not_me' },
    });
    const theirs = (await stranger.as('GET', '/v1/account/events')).body.events;
    expect(theirs.at(-1)).toMatchObject({ event: 'ticket.refused', detail: { code: 'ticket_not_yours' } });
    expect((await new Phone(url, 'x').as('GET', '/v1/account/events')).status).toBe(401);
  });
});
