import { randomUUID } from 'node:crypto';
import type { OpenedTicket } from '@scan-login/client';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { letPass, type Phone, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { DeviceKey } from '../support/device-key.js';
import { type HttpResponse, call } from '../support/http.js';
import { refusal, wrongStatus } from './support/answers.js';
import { attack } from './support/attack.js';

// The attack that no server can detect: a person scans the attacker's code, and is asked. What remains when the
// attacker relays a fresh code and the person confirms all the same is in docs/threat-model.md.

/** An instance that asks for a number, and whose trusted proxy states the address of each call. */
let server: RunningApp;
/** The same with the default: it asks where the risk says so. */
let careful: RunningApp;

beforeAll(async () => {
  server = await startApp({ CONFIRM_CHALLENGE: 'number', TRUST_PROXY: 'loopback' });
  careful = await startApp({ CONFIRM_CHALLENGE: 'auto', TRUST_PROXY: 'loopback' });
});
afterAll(async () => {
  for (const app of [server, careful]) expect(app.bell.size).toBe(0);
  await Promise.all([server.close(), careful.close()]);
});

async function statusOf(screen: Screen): Promise<string> {
  return (await screen.poll('pending', { wait: 0 })).body.status;
}

/** The attacker's screen, in another network. */
async function trap(url = server.url, id?: string): Promise<Screen> {
  const screen = Object.assign(new Screen(url, 'desktop'), id && { id });
  const { body } = await call('POST', `${url}/v1/tickets`, {
    json: { device: { id: screen.id, type: 'desktop', name: 'Prize draw' } },
    headers: {
      'x-forwarded-for': '198.51.100.66',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    },
  });
  return Object.assign(screen, { uuid: body.uuid, secret: body.secret });
}

/** The victim's scan, from home. */
function lured(victim: Phone, { uuid }: Screen): Promise<HttpResponse> {
  const home = { 'x-forwarded-for': '203.0.113.7' };
  return victim.as('POST', `/v1/tickets/${uuid}/scan`, undefined, home);
}

/** A screen's code as it was 41 seconds ago, and somebody who has a photograph of it. */
async function photographed(rotates: boolean) {
  const screen = Object.assign(new Screen(server.url), { rotates });
  await screen.open();
  const { uuid, qrUrl } = screen;
  await letPass(server.db, screen, 41);
  return { screen, photograph: { uuid, qrUrl }, stranger: await signedInPhone(server.url) };
}

/** A screen whose user has scanned and confirmed, with the number. */
async function confirmed(key?: DeviceKey): Promise<Screen> {
  const screen = Object.assign(new Screen(server.url), { key });
  await screen.open();
  const phone = await signedInPhone(server.url);
  const { scanToken } = (await phone.scan(screen)).body;
  const { number } = (await screen.poll('pending')).body;
  await phone.as('POST', `/v1/tickets/${screen.uuid}/confirm`, { scanToken, number });
  return screen;
}

function yes(victim: Phone, { uuid }: Screen, scanToken: string, number?: number) {
  return victim.as('POST', `/v1/tickets/${uuid}/confirm`, { scanToken, number });
}

describe('a live relay: the code of the attacker is shown to a victim who scans and taps whatever comes', () => {
  attack('without any defence: the attacker is in', {
    given: async () => {
      const off = await startAppForTest({ CONFIRM_CHALLENGE: 'off', TRUST_PROXY: 'loopback' });
      return { victim: await signedInPhone(off.url), screen: await trap(off.url) };
    },
    when: async ({ victim, screen }) => yes(victim, screen, (await lured(victim, screen)).body.scanToken),
    then: async ({ status }, { screen }) => {
      expect(status).toBe(204);
      expect((await screen.redeem()).status).toBe(200);
    },
  });

  attack('with the number asked for by risk: a victim who only taps lets nobody in', {
    given: async () => ({ victim: await signedInPhone(careful.url), screen: await trap(careful.url) }),
    when: async ({ victim, screen }) => yes(victim, screen, (await lured(victim, screen)).body.scanToken),
    then: async (response, { screen }) => {
      expect(response).toMatchObject(refusal(403, 'number_wrong'));
      expect(await screen.redeem()).toMatchObject(wrongStatus('scanned'));
    },
  });

  attack('under the device id of a screen that the victim knows: asked for the number all the same', {
    given: async () => {
      const victim = await signedInPhone(careful.url);
      const { id } = await signedInScreen(careful.url, victim);
      return { victim, screen: await trap(careful.url, id) };
    },
    when: async ({ victim, screen }) => {
      const { scanToken, requires } = (await lured(victim, screen)).body;
      return { requires, response: await yes(victim, screen, scanToken) };
    },
    then: ({ requires, response }) => {
      expect(requires.reasons).toEqual(expect.arrayContaining(['screen_without_key', 'different_network']));
      expect(response).toMatchObject(refusal(403, 'number_wrong'));
    },
  });

  attack(
    'with the number read aloud to a victim who types it: the attacker is in, and what remains is a notice and one call to end it',
    {
      given: async () => ({ victim: await signedInPhone(careful.url), screen: await trap(careful.url) }),
      when: async ({ victim, screen }) => {
        const { scanToken } = (await lured(victim, screen)).body;
        await yes(victim, screen, scanToken, (await screen.poll('pending')).body.number);
        return { redeemed: await screen.redeem(), ended: await victim.as('DELETE', '/v1/sessions/unknown') };
      },
      then: async ({ redeemed, ended }, { screen }) => {
        expect([redeemed.status, ended.status]).toEqual([200, 204]);
        expect(await screen.account()).toMatchObject(refusal(401, 'session_ended', { reason: 'revoked' }));
      },
    },
  );
});

describe("QRLJacking: a victim is made to scan the attacker's code", () => {
  attack('the victim looks: browser, system, network, time, and that it is another network than its own', {
    given: async () => ({ victim: await signedInPhone(server.url), screen: await trap() }),
    when: ({ victim, screen }) => lured(victim, screen),
    then: ({ status, body }) => {
      expect(status).toBe(200);
      expect(body.screen).toEqual({
        type: 'desktop',
        name: 'Prize draw',
        browser: 'Firefox 145',
        os: 'Linux',
        ip: '198.51.100.0/24',
        openedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        network: 'different',
        key: null,
        place: null,
        known: false,
      });
      expect(body.requires).toEqual({
        number: true,
        verification: false,
        reasons: ['new_screen', 'screen_without_key', 'different_network'],
      });
      expect(body.expiresIn).toBeLessThanOrEqual(60);
    },
  });

  attack('a sentence of the attacker in place of its browser: the phone is shown none of it', {
    given: async () => {
      const screen = new Screen(server.url);
      const victim = await signedInPhone(server.url);
      return { victim, screen };
    },
    when: async ({ victim, screen }) => {
      const programs = [
        'In front of this phone/1 (yours)',
        'Checked by your bank/2 ',
        'Mozilla/5.0 (Windows NT 10.0) Version/9.yours Safari/9yours Chrome/yours',
        'Roku/DVP-yours',
        'PlayStation 4 that is yours',
      ];
      const told: unknown[] = [];
      for (const program of programs) {
        const json = { device: { id: screen.id, type: 'web' } };
        const { body } = await call('POST', `${server.url}/v1/tickets`, { json, headers: { 'user-agent': program } });
        const { browser, os } = (await victim.scan(body as OpenedTicket)).body.screen;
        told.push([browser, os]);
      }
      return told;
    },
    then: (told) =>
      expect(told).toEqual([
        [null, null],
        [null, null],
        ['Chrome', 'Windows 10'],
        [null, 'Roku'],
        ['PlayStation 4', 'PlayStation 4'],
      ]),
  });

  attack('the victim says that it was not them: the ticket is over, no account is shown, and it is written down', {
    given: async () => ({ victim: await signedInPhone(server.url), screen: await trap() }),
    when: async ({ victim, screen }) => {
      const { scanToken } = (await lured(victim, screen)).body;
      const waiting = screen.poll('scanned');
      return { denied: await victim.deny(screen, 'not_me', scanToken), told: (await waiting).body };
    },
    then: async ({ denied, told }, { victim, screen }) => {
      expect(denied.status).toBe(204);
      expect(told).toEqual({ code: 400, status: 'denied', expiresIn: 0, reason: 'not_me' });
      expect(await screen.redeem()).toMatchObject(wrongStatus('denied'));
      expect((await victim.as('GET', '/v1/account/events')).body.events[0]).toMatchObject({
        event: 'ticket.denied',
        detail: { reason: 'not_me' },
      });
    },
  });

  attack('the victim just says yes, without the number on the right screen: refused', {
    given: async () => ({ victim: await signedInPhone(server.url), screen: await trap() }),
    when: async ({ victim, screen }) => {
      const { scanToken } = (await lured(victim, screen)).body;
      return victim.confirm(screen, scanToken);
    },
    then: async (response, { screen }) => {
      expect(response).toMatchObject(refusal(403, 'number_wrong'));
      expect(await statusOf(screen)).toBe('scanned');
    },
  });

  attack(
    'all wrong numbers tried at once by a phone that is not at the screen: three are evaluated, then the ticket is over',
    {
      given: async () => {
        const [victim, screen] = [await signedInPhone(server.url), await trap()];
        const { scanToken } = (await lured(victim, screen)).body;
        return { victim, screen, scanToken, shown: (await screen.poll('pending')).body.number };
      },
      when: async ({ victim, screen, scanToken, shown }) => {
        const numbers = Array.from({ length: 90 }, (_, nth) => nth + 10).filter((number) => number !== shown);
        const guess = (number: number) =>
          victim.as('POST', `/v1/tickets/${screen.uuid}/confirm`, { scanToken, number: String(number) });
        return { guesses: await Promise.all(numbers.map(guess)), right: await guess(shown) };
      },
      then: async ({ guesses, right }, { screen }) => {
        const left = guesses.filter(({ body }) => body.code === 'number_wrong').map(({ body }) => body.triesLeft);
        expect(new Set(left)).toEqual(new Set([0, 1, 2]));
        expect(left).toHaveLength(3);
        const late = guesses.filter(({ body }) => body.code !== 'number_wrong');
        for (const response of [...late, right]) expect(response).toMatchObject(wrongStatus('denied'));
        expect(await screen.redeem()).toMatchObject(wrongStatus('denied'));
      },
    },
  );

  attack('scanning again to get more attempts, or a number of his own choice: neither works', {
    given: async () => {
      const [victim, screen] = [await signedInPhone(server.url), await trap()];
      await lured(victim, screen);
      return { victim, screen, shown: (await screen.poll('pending')).body.number };
    },
    when: async ({ victim, screen, shown }) => {
      const wrong = shown === 99 ? 10 : shown + 1;
      const left: number[] = [];
      for (const _ of Array.from({ length: 3 })) {
        const { scanToken } = (await lured(victim, screen)).body;
        const path = `/v1/tickets/${screen.uuid}/confirm`;
        left.push((await victim.as('POST', path, { scanToken, number: wrong })).body.triesLeft);
      }
      return left;
    },
    then: async (left, { screen }) => {
      expect(left).toEqual([2, 1, 0]);
      expect(await statusOf(screen)).toBe('denied');
    },
  });

  attack('a link that is merely opened, or fetched ahead by a messenger: nothing is scanned', {
    given: async () => ({ screen: await trap(), uuid: randomUUID() }),
    when: ({ screen }) =>
      Promise.all(['GET', 'HEAD'].map((method) => call(method, `${server.url}/l/${screen.uuid}?confirm=1&scan=1`))),
    then: async (responses, { screen, uuid }) => {
      for (const { status } of responses) expect(status).toBe(200);
      expect(await statusOf(screen)).toBe('pending');
      // the page does not reveal whether the ticket exists either
      const [real, none] = await Promise.all([screen.uuid, uuid].map((each) => call('GET', `${server.url}/l/${each}`)));
      expect(none!.body).toBe(real!.body);
    },
  });

  attack('a code that was kept for later: after two minutes it cannot be scanned', {
    given: async () => {
      const screen = await trap();
      await letPass(server.db, screen, 121);
      return { victim: await signedInPhone(server.url), screen };
    },
    when: ({ victim, screen }) => lured(victim, screen),
    then: (response) => expect(response).toMatchObject(refusal(410, 'ticket_expired')),
  });
});

describe('a ticket secret that was stolen from the screen, with the device id', () => {
  attack('without the key that the ticket names: the thief gets nothing, and the screen is signed in', {
    given: async () => ({ screen: await confirmed(await DeviceKey.make()), own: await DeviceKey.make() }),
    when: async ({ screen, own }) => [
      await screen.redeem({ by: null }),
      await screen.redeem({ by: null, tokenType: 'Bearer' }),
      await screen.redeem({ by: own }),
      await screen.redeem({ by: own, tokenType: 'Bearer' }),
    ],
    then: async (responses, { screen }) => {
      for (const response of responses) expect(response).toMatchObject(refusal(401, 'proof_invalid'));
      expect((await screen.redeem()).status).toBe(200);
      expect(await screen.redeem({ by: null })).toMatchObject(refusal(401, 'proof_invalid'));
    },
  });

  attack('of a screen that named no key: the thief signs in, as before', {
    given: () => confirmed(),
    when: (screen) => screen.redeem(),
    then: (response) => expect(response.status).toBe(200),
  });
});

describe('a code that was photographed, and is scanned half a minute later', () => {
  attack('of a screen whose code rotates: outdated, and the person at the screen goes on', {
    given: () => photographed(true),
    when: ({ stranger, photograph }) => stranger.scan(photograph),
    then: async (response, { screen, photograph, stranger }) => {
      expect(response).toMatchObject(refusal(410, 'code_outdated'));
      expect(await stranger.scan({ uuid: photograph.uuid })).toMatchObject(refusal(410, 'code_outdated'));
      await screen.code();
      expect((await (await signedInPhone(server.url)).scan(screen)).status).toBe(200);
    },
  });

  attack('of a screen whose code does not: the stranger is the first to scan, as before', {
    given: () => photographed(false),
    when: ({ stranger, photograph }) => stranger.scan(photograph),
    then: (response) => expect(response.status).toBe(200),
  });
});
