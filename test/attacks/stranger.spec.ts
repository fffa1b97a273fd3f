import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Phone, register, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { wrongStatus } from './support/answers.js';
import { attack } from './support/attack.js';

// A stranger photographs the code on another person's screen, and scans it with a phone and an account of their own.
// They cannot collect the login, but they can sign the screen in to their account, and its person would then work in
// the stranger's account.

/** An instance whose trusted proxy states the address of each call. */
let server: RunningApp;
let owner: Phone;
let stranger: Phone;

beforeAll(async () => {
  server = await startApp({ TRUST_PROXY: 'loopback', SESSIONS_PER_DEVICE_TYPE: '0' });
  owner = await signedInPhone(server.url, await register(server.url, 'Ada Lovelace'));
  // display names are free to choose, so the stranger's account looks like the owner's
  stranger = await signedInPhone(server.url, await register(server.url, 'Ada Lovelace'));
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

/** What the screen is told of the phone that scans and confirms. */
async function toldOf(phone: Phone, screen: Screen) {
  await screen.open();
  await phone.scan(screen);
  const scanned = (await screen.poll('pending')).body;
  await phone.confirm(screen);
  return [scanned, (await screen.poll('scanned')).body];
}

/** A screen that opens its ticket from this address. */
async function screenAtAddress(address: string, screen = new Screen(server.url)): Promise<Screen> {
  const { body } = await call('POST', `${server.url}/v1/tickets`, {
    json: { device: { id: screen.id, type: 'web' } },
    headers: { 'x-forwarded-for': address },
  });
  return Object.assign(screen, { uuid: body.uuid, secret: body.secret });
}

function scanFrom(address: string, phone: Phone, { uuid }: Screen): Promise<HttpResponse> {
  return phone.as('POST', `/v1/tickets/${uuid}/scan`, undefined, { 'x-forwarded-for': address });
}

describe("a stranger's scan: the code of one person's screen, scanned with the account of another", () => {
  attack('first to scan and confirm, under the name of its person: the screen is told that this account is new to it', {
    given: () => signedInScreen(server.url, owner),
    when: async (screen) => ({ mine: await toldOf(owner, screen), theirs: await toldOf(stranger, screen) }),
    then: ({ mine, theirs }) => {
      const account = { displayName: 'Ada Lovelace', avatarUrl: null };
      for (const { account: told } of mine) expect(told).toEqual({ ...account, knownHere: true });
      for (const { account: told } of theirs) expect(told).toEqual({ ...account, knownHere: false });
    },
  });

  attack(
    'sent away by the screen, and back with the next code: no session was made, and the account is as new as before',
    {
      given: () => signedInScreen(server.url, owner),
      when: async (screen) => {
        await toldOf(stranger, screen);
        const cancelled = await screen.cancel();
        return { cancelled, redeemed: await screen.redeem(), again: await toldOf(stranger, screen) };
      },
      then: async ({ cancelled, redeemed, again }) => {
        expect(cancelled.status).toBe(204);
        expect(redeemed).toMatchObject(wrongStatus('cancelled'));
        for (const { account } of again) expect(account.knownHere).toBe(false);
        expect((await stranger.sessions()).body.sessions).toHaveLength(1);
      },
    },
  );

  attack('an account that is known on another screen, or on a phone of the same device id: not known on this one', {
    given: async () => {
      const screen = new Screen(server.url);
      await signedInScreen(server.url, stranger);
      await stranger.as('POST', '/v1/sessions', {
        username: stranger.username,
        password: 'correct horse battery staple',
        device: { id: screen.id, type: 'phone' },
      });
      return screen;
    },
    when: (screen) => toldOf(stranger, screen),
    then: (told) => {
      for (const { account } of told) expect(account.knownHere).toBe(false);
    },
  });

  for (const [at, from, network] of [
    ['198.51.100.66', '203.0.113.7', '198.51.100.0/24'],
    ['2001:db8:51:2::66', '2001:db8:7::7', '2001:db8:51::/48'],
    ['2001:db8:51:2::66', '203.0.113.7', '2001:db8:51::/48'],
  ] as const) {
    attack(`to learn where the screen ${at} is, from ${from}: its network is told, and not its address`, {
      given: () => screenAtAddress(at),
      when: (screen) => scanFrom(from, stranger, screen),
      then: ({ status, body }) => {
        expect(status).toBe(200);
        expect(body.screen.ip).toBe(network);
        expect(JSON.stringify(body)).not.toContain(at);
      },
    });
  }

  attack('the same from the network of the screen, where its address is no secret', {
    given: () => screenAtAddress('198.51.100.66'),
    when: (screen) => scanFrom('198.51.100.66', stranger, screen),
    then: ({ body }) => expect(body.screen.ip).toBe('198.51.100.66'),
  });

  attack('by the person whose screen it is, from any network: they see the address', {
    given: async () => screenAtAddress('198.51.100.66', await signedInScreen(server.url, owner)),
    when: (screen) => scanFrom('203.0.113.7', owner, screen),
    then: ({ body }) => expect(body.screen.ip).toBe('198.51.100.66'),
  });
});
