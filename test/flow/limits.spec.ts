import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PASSWORD, Phone, register, Screen, signedInPhone } from '../support/actors.js';
import { startAppForTest } from '../support/app.js';
import { call } from '../support/http.js';

/** Calls that come through a proxy which is trusted, so that the address of the caller is another. */
function from(ip: string) {
  return { 'x-forwarded-for': ip };
}

function signIn(
  url: string,
  username: string,
  password: string,
  { ip = '198.51.100.7', device = randomUUID() }: { ip?: string; device?: string } = {},
) {
  return call('POST', `${url}/v1/sessions`, {
    headers: from(ip),
    json: { username, password, device: { id: device, type: 'phone' } },
  });
}

const behindProxy = { TRUST_PROXY: 'loopback' };

describe('guessing a password', () => {
  it('waits longer and longer after some failures, whether the account exists or not', async () => {
    const { url } = await startAppForTest({ ...behindProxy, SIGN_IN_FAILURES_PER_ACCOUNT: '3' });
    for (const username of [await register(url), 'nobody-of-that-name']) {
      const answers = [];
      for (let guess = 0; guess < 5; guess += 1)
        answers.push(await signIn(url, username, `wrong-${guess}`, { ip: `198.51.100.${guess}` }));
      expect(answers.map(({ body }) => body.code)).toEqual([
        ...Array.from({ length: 3 }, () => 'invalid_credentials'),
        ...Array.from({ length: 2 }, () => 'too_many_attempts'),
      ]);
      expect(answers.at(-1)!.status).toBe(429);
      expect(Number(answers.at(-1)!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
  });

  it('doubles the wait with each failure', async () => {
    const { url, db } = await startAppForTest({ ...behindProxy, SIGN_IN_FAILURES_PER_ACCOUNT: '2' });
    const username = await register(url);
    const waits = [];
    for (let guess = 0; guess < 6; guess += 1) {
      await db.query('UPDATE sign_in_failures SET blocked_until = NULL');
      await signIn(url, username, 'wrong');
      waits.push((await signIn(url, username, 'wrong')).headers.get('retry-after'));
    }
    expect(waits).toEqual([null, '2', '4', '8', '16', '32']);
  });

  it('does not lock its owner out: a device that has signed in before still gets in', async () => {
    const { url } = await startAppForTest({ ...behindProxy, SIGN_IN_FAILURES_PER_ACCOUNT: '3' });
    const phone = await signedInPhone(url);
    for (let guess = 0; guess < 10; guess += 1) await signIn(url, phone.username, `wrong-${guess}`);
    expect((await signIn(url, phone.username, PASSWORD)).status).toBe(429);
    expect((await signIn(url, phone.username, PASSWORD, { device: phone.id })).status).toBe(201);
    // which does not open the door for the attacker who knows the name of the device
    for (let guess = 0; guess < 4; guess += 1) await signIn(url, phone.username, 'wrong', { device: phone.id });
    expect((await signIn(url, phone.username, PASSWORD, { device: phone.id })).status).toBe(429);
  });

  it('counts for an address too, and for a whole IPv6 /64', async () => {
    const { url } = await startAppForTest({ ...behindProxy, SIGN_IN_FAILURES_PER_ADDRESS: '5' });
    const username = await register(url);
    for (let guess = 0; guess < 5; guess += 1) {
      await signIn(url, `name-${guess}`, 'wrong', { ip: `2001:db8:1:2::${guess}` });
    }
    expect((await signIn(url, username, PASSWORD, { ip: '2001:db8:1:2:ffff::1' })).status).toBe(429);
    expect((await signIn(url, username, PASSWORD, { ip: '2001:db8:1:3::1' })).status).toBe(201);
  });

  it('is forgiven after a sign-in, and shared between instances', async () => {
    const one = await startAppForTest({ ...behindProxy, SIGN_IN_FAILURES_PER_ACCOUNT: '3' });
    const other = await startAppForTest({
      ...behindProxy,
      SIGN_IN_FAILURES_PER_ACCOUNT: '3',
      DATABASE_URL: one.databaseUrl,
    });
    const username = await register(one.url);
    for (const { url } of [one, other]) await signIn(url, username, 'wrong');
    expect((await signIn(one.url, username, PASSWORD)).status).toBe(201);
    for (const { url } of [one, other, one]) expect((await signIn(url, username, 'wrong')).status).toBe(401);
    expect((await signIn(other.url, username, PASSWORD)).status).toBe(429);
  });

  it('of the current password, by whoever holds a session, is slowed down as well', async () => {
    const { url } = await startAppForTest({ SIGN_IN_FAILURES_PER_ACCOUNT: '3' });
    const phone = await signedInPhone(url);
    const change = (current: string) =>
      phone.as('POST', '/v1/account/password', { current, new: 'another long password' });
    for (let guess = 0; guess < 3; guess += 1) expect((await change('wrong')).status).toBe(401);
    expect((await change(PASSWORD)).status).toBe(429);
  });
});

describe('one network', () => {
  it('may open only so many tickets in a minute; others, and this machine, are not held up', async () => {
    const { url } = await startAppForTest({ ...behindProxy, TICKETS_PER_MINUTE: '5' });
    const open = (ip?: string) =>
      call('POST', `${url}/v1/tickets`, { headers: ip ? from(ip) : {}, json: { device: { id: 'tv', type: 'tv' } } });
    const answers = await Promise.all(Array.from({ length: 8 }, () => open('203.0.113.9')));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.body.code).toBe('too_many_requests');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await open('203.0.113.10')).status).toBe(201);
    for (let more = 0; more < 8; more += 1) expect((await open()).status).toBe(201);
  });

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

  it('cannot keep a screen from polling: who knows the uuid from elsewhere uses up nothing but its own', async () => {
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

  it('cannot pretend to be another by a header, when no proxy is trusted', async () => {
    const { url, db } = await startAppForTest();
    await call('POST', `${url}/v1/tickets`, {
      headers: from('203.0.113.9'),
      json: { device: { id: 'tv', type: 'tv' } },
    });
    expect(await db.query('SELECT ip FROM tickets')).toEqual([{ ip: '127.0.0.1' }]);
  });
});

describe('one account', () => {
  it('may scan only so many codes in a minute, from wherever', async () => {
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
});

describe('what happened on an account', () => {
  it('is shown to its people, and nobody else', async () => {
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
      'ticket.scanned',
      'session.started',
      'account.registered',
    ]);
    expect(events[0]).toEqual({
      event: 'ticket.denied',
      at: expect.any(String),
      ip: null,
      sessionId: phone.tokens!.session.id,
      detail: { reason: 'not_me' },
    });
    const theirs = (await stranger.as('GET', '/v1/account/events')).body.events;
    expect(theirs[0]).toMatchObject({ event: 'ticket.refused', detail: { code: 'ticket_not_yours' } });
    expect((await new Phone(url, 'x').as('GET', '/v1/account/events')).status).toBe(401);
  });
});
