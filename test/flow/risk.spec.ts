import { randomUUID } from 'node:crypto';
import type * as wire from '@scan-login/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../apps/server/src/config.js';
import { reasonsFor, requirementsFor, type Circumstances } from '../../libs/qr/src/tickets/risk.js';
import { type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { call, type HttpResponse } from '../support/http.js';

const HOME = '203.0.113.7';
const CAFE = '198.51.100.66';

/** An instance whose trusted proxy states the address of each call. */
const behindProxy = {
  CONFIRM_CHALLENGE: 'auto',
  TRUST_PROXY: 'loopback',
  PUBLIC_URL: 'https://login.example.org',
  SESSIONS_PER_DEVICE_TYPE: '0',
};
let server: RunningApp;
beforeAll(async () => {
  server = await startApp(behindProxy);
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

const from = (ip: string) => ({ 'x-forwarded-for': ip });

/** The screen opens a ticket, at this address and with this key. */
async function open(screen: Screen, ip = HOME, keyThumbprint?: string): Promise<void> {
  const json = { device: { id: screen.id, type: 'web' } };
  const { body } = await call('POST', `${screen.url}/v1/tickets`, { json, headers: from(ip) });
  Object.assign(screen, { uuid: body.uuid, secret: body.secret });
  // as if the screen had named its key
  if (keyThumbprint) {
    await server.db.query('UPDATE tickets SET key_thumbprint = $2 WHERE uuid = $1', [screen.uuid, keyThumbprint]);
  }
}

async function scan(phone: Phone, { uuid }: Screen, ip = HOME): Promise<HttpResponse<wire.ScanResult>> {
  return phone.as('POST', `/v1/tickets/${uuid}/scan`, undefined, from(ip));
}

/** As if the account had signed in there: with that key, in that network. */
function knows(phone: Phone, { id }: Screen, key: string, network: string | null = '203.0.113.0/24') {
  return server.db.query(
    `INSERT INTO known_screens (id, account_id, device_id, key_thumbprint, network) VALUES ($1, $2, $3, $4, $5)`,
    [randomUUID(), phone.tokens!.account.id, id, key, network],
  );
}

const KEY = 'k'.repeat(43);

describe('what a scan asks for', () => {
  it('is one tap on a screen that the account knows, with the same key, in the network of the phone', async () => {
    const [phone, screen] = [await signedInPhone(server.url), new Screen(server.url)];
    await knows(phone, screen, KEY);
    await open(screen, HOME, KEY);
    const { scanToken, requires, screen: told } = (await scan(phone, screen)).body;
    expect(requires).toEqual({ number: false, verification: false, reasons: [] });
    expect(told).toMatchObject({ known: true, network: 'same', place: null });
    expect((await screen.poll('pending')).body).not.toHaveProperty('number');
    expect((await phone.confirm(screen, scanToken)).status).toBe(204);
  });

  const cases: Record<string, [where: { key?: string; knownKey?: string; at?: string; phoneAt?: string }, string[]]> = {
    'a screen on which the account was never signed in': [{ key: KEY, knownKey: 'none' }, ['new_screen']],
    'a screen with another key than the last time': [{ key: KEY, knownKey: 'j'.repeat(43) }, ['new_screen']],
    'a screen without a key, though it had one the last time': [
      { knownKey: KEY },
      ['new_screen', 'screen_without_key'],
    ],
    'a screen without a key': [{ knownKey: '' }, ['screen_without_key']],
    'a phone in another network': [{ key: KEY, knownKey: KEY, phoneAt: CAFE }, ['different_network']],
    'a network that cannot be compared': [{ key: KEY, knownKey: KEY, phoneAt: '2001:db8::1' }, ['unknown_network']],
    'a screen in another network than the last time': [
      { key: KEY, knownKey: KEY, at: CAFE, phoneAt: CAFE },
      ['new_place'],
    ],
  };
  for (const [what, [{ key, knownKey, at, phoneAt }, reasons]] of Object.entries(cases)) {
    it(`is the number as well, for ${what}`, async () => {
      const [phone, screen] = [await signedInPhone(server.url), new Screen(server.url)];
      if (knownKey !== 'none') await knows(phone, screen, knownKey!);
      await open(screen, at, key);
      const { requires, scanToken } = (await scan(phone, screen, phoneAt)).body;
      expect(requires).toEqual({ number: true, verification: false, reasons });
      const { number } = (await screen.poll('pending')).body;
      expect(number).toBeGreaterThanOrEqual(10);
      const path = `/v1/tickets/${screen.uuid}/confirm`;
      expect((await phone.as('POST', path, { scanToken })).body).toMatchObject({ status: 403, code: 'number_wrong' });
      expect((await phone.as('POST', path, { scanToken, number })).status).toBe(204);
    });
  }

  it('does not grow because the network of the last sign-in was never recorded', async () => {
    const [phone, screen] = [await signedInPhone(server.url), new Screen(server.url)];
    await knows(phone, screen, KEY, null);
    await open(screen, HOME, KEY);
    expect((await scan(phone, screen)).body.requires.reasons).toEqual([]);
  });

  it('is in the audit log, with the reasons', async () => {
    const [phone, screen] = [await signedInPhone(server.url), new Screen(server.url)];
    await open(screen, CAFE);
    await scan(phone, screen);
    const { events } = (await phone.as('GET', '/v1/account/events?kind=ticket.scanned')).body;
    expect(events[0].detail).toEqual({ asked: 'number', reasons: 'new_screen screen_without_key different_network' });
  });

  it('keeps asking for the number when the phone scans again from a network that gives no reason', async () => {
    const [phone, screen] = [await signedInPhone(server.url), new Screen(server.url)];
    await knows(phone, screen, KEY);
    await open(screen, HOME, KEY);
    await scan(phone, screen, CAFE);
    expect((await scan(phone, screen, HOME)).body.requires).toMatchObject({ number: true, reasons: [] });
  });
});

describe('CONFIRM_CHALLENGE', () => {
  it('number: asks everyone, and says so where there is no other reason', () => {
    const confirmChallenge = 'number';
    expect(requirementsFor([], { confirmChallenge })).toEqual({
      number: true,
      verification: false,
      reasons: ['always'],
    });
    expect(requirementsFor(['new_screen'], { confirmChallenge }).reasons).toEqual(['new_screen']);
  });

  it('auto: is the default', () => {
    expect(readConfig({}).CONFIRM_CHALLENGE).toBe('auto');
  });

  it('off: asks nobody, and tells the reasons all the same', async () => {
    const { url } = await startAppForTest({ CONFIRM_CHALLENGE: 'off' });
    const [phone, screen] = [await signedInPhone(url), new Screen(url)];
    await screen.open();
    const { requires } = (await phone.scan(screen)).body;
    expect(requires).toEqual({ number: false, verification: false, reasons: ['new_screen', 'screen_without_key'] });
    expect((await phone.confirm(screen)).status).toBe(204);
  });
});

describe('a new place', () => {
  const calm: Circumstances = {
    hasKey: true,
    between: 'same',
    now: { network: '203.0.113.0/24', place: 'Berlin, Germany' },
    lastTime: { network: '203.0.113.0/24', place: 'Berlin, Germany' },
  };
  const lastTime = (network: string | null, place: string | null) => ({ ...calm, lastTime: { network, place } });

  it('is another city, whatever the network', () => {
    expect(reasonsFor(calm)).toEqual([]);
    expect(reasonsFor(lastTime('198.51.100.0/24', 'Berlin, Germany'))).toEqual([]);
    expect(reasonsFor(lastTime('203.0.113.0/24', 'Lyon, France'))).toEqual(['new_place']);
  });

  it('is another network where one of the places is not known, and nothing where nothing is', () => {
    expect(reasonsFor(lastTime('203.0.113.0/24', null))).toEqual([]);
    expect(reasonsFor(lastTime('198.51.100.0/24', null))).toEqual(['new_place']);
    expect(reasonsFor(lastTime(null, null))).toEqual([]);
    expect(reasonsFor({ ...calm, now: { network: null, place: null } })).toEqual([]);
  });
});
