import { createHash, randomUUID } from 'node:crypto';
import type { OpenedTicket } from '@scan-login/client';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { letPass, PASSWORD, type Phone, Screen, screenAt, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { everythingOf, NO_TICKET, refusal, wrongStatus } from './support/answers.js';
import { attack } from './support/attack.js';

// The screen's side: what its code gives away, and what a ticket is worth without its secret.

let server: RunningApp;
/** Ada signs in; Mallory attacks, with an account and a phone of his own. */
let ada: Phone;
let mallory: Phone;

beforeAll(async () => {
  server = await startApp({ SESSIONS_PER_DEVICE_TYPE: '0', SCANS_PER_ACCOUNT: '0' });
  [ada, mallory] = await Promise.all([signedInPhone(server.url), signedInPhone(server.url)]);
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

const at = (status: Parameters<typeof screenAt>[0]) => screenAt(status, server, ada);

/**
 * Every call of a screen. The status calls would be held for 25 s: a client without the secret must not be able to
 * wait.
 */
const SCREEN_CALLS = [
  'GET /status',
  'GET /status?known=scanned',
  'GET /status?known=confirmed',
  'GET /status?known=redeemed',
  'GET /events',
  'POST /redeem',
  'DELETE ',
];

function screenCall(each: string, uuid: string, headers: Record<string, string | undefined>): Promise<HttpResponse> {
  const [method, rest] = each.split(' ') as [string, string];
  return call(method, `${server.url}/v1/tickets/${uuid}${rest}`, { headers });
}

describe('F1: a session cannot be collected without the secret that the screen got', () => {
  for (const status of ['pending', 'scanned', 'confirmed', 'redeemed', 'denied', 'cancelled', 'expired'] as const) {
    attack(
      `a photographed code: the uuid of a ticket that is ${status}, without its secret, is worth nothing to any call`,
      {
        given: async () => ({ seen: await at(status), mallorys: await at('confirmed') }),
        when: async ({ seen, mallorys }) => {
          const tries: Record<string, string | undefined> = {
            none: undefined,
            empty: '',
            'one letter off': `${seen.secret.slice(0, -1)}_`,
            'of his own ticket': mallorys.secret,
            'the uuid': seen.uuid,
            'the scan token': ada.scanToken,
            'the hash': createHash('sha256').update(seen.secret).digest('base64url'),
          };
          const responses: [string, HttpResponse, HttpResponse][] = [];
          for (const each of SCREEN_CALLS) {
            const nobodys = await screenCall(each, randomUUID(), { 'x-ticket-secret': seen.secret });
            for (const [which, secret] of Object.entries(tries)) {
              const headers = { 'x-ticket-secret': secret, 'x-device-id': seen.id };
              responses.push([`${each}, secret: ${which}`, await screenCall(each, seen.uuid, headers), nobodys]);
            }
          }
          return responses;
        },
        then: async (responses, { seen }) => {
          for (const [which, response, nobodys] of responses) {
            expect(response, which).toMatchObject(NO_TICKET);
            expect(everythingOf(response), `${which}, against a ticket that never was`).toEqual(everythingOf(nobodys));
          }
          expect((await seen.poll('pending', { wait: 0 })).body.status).toBe(status);
        },
      },
    );
  }

  attack('the secret in another place than its header: an address, a cookie, a body or a bearer opens nothing', {
    given: () => at('confirmed'),
    when: (screen) => {
      const path = `${server.url}/v1/tickets/${screen.uuid}`;
      const query = `secret=${screen.secret}&x-ticket-secret=${screen.secret}&device=${screen.id}`;
      const headers = {
        'x-device-id': screen.id,
        cookie: `secret=${screen.secret}; X-Ticket-Secret=${screen.secret}`,
        authorization: `Bearer ${screen.secret}`,
      };
      return Promise.all([
        call('GET', `${path}/status?known=pending&${query}`, { headers }),
        call('GET', `${path}/events?${query}`, { headers }),
        call('POST', `${path}/redeem?${query}`, { headers }),
        call('DELETE', `${path}?${query}`, { headers }),
      ]);
    },
    then: async (responses, screen) => {
      for (const response of responses) expect(response).toMatchObject(NO_TICKET);
      const inBody = { secret: screen.secret };
      const headers = { 'x-device-id': screen.id, 'x-ticket-secret': 'x' };
      const posted = await call('POST', `${server.url}/v1/tickets/${screen.uuid}/redeem`, { json: inBody, headers });
      expect(posted).toMatchObject(refusal(400, 'invalid_request'));
      expect((await screen.redeem()).status).toBe(200);
    },
  });

  attack('the phone that scanned and confirmed: it cannot collect what it let in', {
    given: () => at('confirmed'),
    when: (screen) => {
      const headers = { 'x-ticket-secret': ada.scanToken, 'x-device-id': screen.id };
      const asItself = (method: string, rest: string) =>
        ada.as(method, `/v1/tickets/${screen.uuid}${rest}`, undefined, headers);
      return Promise.all([
        asItself('GET', '/status?known=pending'),
        asItself('POST', '/redeem'),
        asItself('DELETE', ''),
      ]);
    },
    then: async (responses, screen) => {
      for (const response of responses) expect(response).toMatchObject(NO_TICKET);
      expect((await screen.redeem()).status).toBe(200);
    },
  });

  attack('a stolen secret on another device: the redeem is refused, and the screen still gets its session', {
    given: () => at('confirmed'),
    when: (screen) =>
      Promise.all(
        [null, '', mallory.id, ada.id, `${screen.id}x`, screen.id.toUpperCase()].map((device) =>
          screen.at(server.url).redeem({ device }),
        ),
      ),
    then: async (responses, screen) => {
      for (const response of responses) expect(response).toMatchObject(refusal(403, 'device_mismatch'));
      expect((await screen.redeem()).body.account.id).toBe(ada.tokens!.account.id);
    },
  });

  attack("his own ticket's secret, device and confirm: they do not redeem somebody else's ticket", {
    given: async () => ({ adas: await at('confirmed'), own: await screenAt('confirmed', server, mallory) }),
    when: ({ adas, own }) =>
      screenCall('POST /redeem', adas.uuid, { 'x-ticket-secret': own.secret, 'x-device-id': own.id }),
    then: async (response, { adas }) => {
      expect(response).toMatchObject(NO_TICKET);
      expect((await adas.redeem()).body.account.id).toBe(ada.tokens!.account.id);
    },
  });

  attack('another spelling of the address: none opens what the plain one does not, or changes a ticket by GET', {
    given: () => at('confirmed'),
    when: ({ uuid }) => {
      const ways = [
        `GET /v1/tickets/${uuid}`,
        `GET /v1/tickets/${uuid}/redeem`,
        `GET /v1/tickets/${uuid}/confirm`,
        `GET /v1/tickets/${uuid}/scan`,
        `GET /v1/tickets/${uuid}/status/`,
        `GET /v1/tickets/${uuid}/status%2f`,
        `GET //v1/tickets/${uuid}/status`,
        `GET /V1/tickets/${uuid}/status`,
        `GET /v1/tickets/x/..%2f${uuid}/status`,
        `GET /v1/tickets/${uuid};a=b/status`,
        `GET /v1/tickets/${uuid}%00/status`,
        `HEAD /v1/tickets/${uuid}/redeem`,
        `PUT /v1/tickets/${uuid}`,
        `PATCH /v1/tickets/${uuid}`,
        `OPTIONS /v1/tickets/${uuid}/redeem`,
      ];
      const headers = {
        'x-http-method-override': 'DELETE',
        'x-original-url': `/v1/tickets/${uuid}`,
        'x-method': 'POST',
      };
      return Promise.all(
        ways.map(async (way) => {
          const [method, path] = way.split(' ') as [string, string];
          return [way, (await call(method, server.url + path, { headers })).status] as const;
        }),
      );
    },
    then: async (statuses, screen) => {
      expect(statuses.filter(([, status]) => status !== 404)).toEqual([]);
      expect((await screen.redeem()).status).toBe(200);
    },
  });
});

describe('F2: a QR code does not work again after its login', () => {
  attack('the used code, scanned by another phone: it lets nothing in, and its picture is gone', {
    given: async () => {
      const screen = await at('redeemed');
      await screen.account();
      return screen;
    },
    when: async (screen) => ({
      scan: await mallory.scan(screen),
      again: await ada.scan(screen),
      svg: await call('GET', `${server.url}/v1/tickets/${screen.uuid}/qr.svg`),
      png: await call('GET', `${server.url}/v1/tickets/${screen.uuid}/qr.png`),
    }),
    then: ({ scan, again, svg, png }) => {
      expect(scan).toMatchObject(wrongStatus('redeemed'));
      expect(again).toMatchObject(wrongStatus('redeemed'));
      expect(svg).toMatchObject(NO_TICKET);
      expect(png).toMatchObject(NO_TICKET);
    },
  });

  attack('every call of a login, recorded and replayed after it: all refused, and only the last status is told', {
    given: async () => {
      const screen = new Screen(server.url);
      await screen.open();
      await ada.scan(screen);
      const { scanToken } = ada;
      await ada.confirm(screen);
      await screen.redeem();
      await screen.account(); // the screen has used its tokens
      return { screen, scanToken };
    },
    when: async ({ screen, scanToken }) => {
      const replayed = screen.at(server.url);
      return {
        scan: await ada.scan(screen),
        confirm: await ada.confirm(screen, scanToken),
        deny: await ada.deny(screen, 'not_me', scanToken),
        redeem: await replayed.redeem(),
        cancel: await replayed.cancel(),
        polls: await Promise.all(['pending', 'scanned', 'confirmed'].map((known) => replayed.poll(known))),
        events: await screenCall('GET /events', screen.uuid, { 'x-ticket-secret': screen.secret }),
      };
    },
    then: async ({ polls, events, ...moves }, { screen }) => {
      for (const [move, response] of Object.entries(moves))
        expect(response, move).toMatchObject(wrongStatus('redeemed'));
      const over = { code: 400, status: 'redeemed', expiresIn: 0 };
      for (const { body } of polls) expect(body).toEqual(over);
      expect(events.body.match(/^event: .*$/gm)).toEqual(['event: redeemed']);
      expect(JSON.parse(/^data: (.*)$/m.exec(events.body as string)![1]!)).toEqual(over);
      expect((await screen.account()).status).toBe(200);
    },
  });

  attack('a redeem replayed after its minute, though the tokens were never used: refused', {
    given: async () => {
      const screen = await at('redeemed');
      await letPass(server.db, screen, 61);
      return screen;
    },
    when: (screen) => screen.at(server.url).redeem(),
    then: (response) => expect(response).toMatchObject(wrongStatus('redeemed')),
  });

  attack('a redeem replayed within its minute: the same session, never a second one', {
    given: () => at('confirmed'),
    when: async (screen) => [await screen.redeem(), await screen.redeem(), await screen.redeem()],
    then: async (responses, screen) => {
      expect(new Set(responses.map(({ body }) => body.session.id)).size).toBe(1);
      const { sessions } = (await screen.sessions()).body;
      const here = sessions.filter(({ current }: { current: boolean }) => current);
      expect(here.map(({ id }: { id: string }) => id)).toEqual([responses[0]!.body.session.id]);
    },
  });

  for (const status of ['denied', 'cancelled', 'expired'] as const) {
    attack(`a code whose ticket is ${status}, scanned later: it is over for every phone`, {
      given: () => at(status),
      when: async (screen) => [await mallory.scan(screen), await ada.scan(screen), await screen.redeem()],
      then: (responses) => {
        const over = status === 'expired' ? refusal(410, 'ticket_expired') : wrongStatus(status);
        for (const response of responses) expect(response).toMatchObject(over);
      },
    });
  }
});

/** How often each bit is set, in byte strings of equal length. */
function bitCounts(all: Buffer[]): number[] {
  return Array.from({ length: all[0]!.length * 8 }, (_, bit) => {
    return all.filter((bytes) => ((bytes[bit >> 3]! >> (bit & 7)) & 1) === 1).length;
  });
}

/** Bits that are not like the toss of a coin: of 400, fewer than 120 or more than 280 has a probability of 10^-15. */
function foretold(counts: number[]): number[] {
  return counts.filter((count) => count < 120 || count > 280);
}

describe("F3: a ticket's name and secret cannot be predicted", () => {
  attack('many tickets opened at the same moment by one device: no bit of a name or a secret can be predicted', {
    given: () => ({ type: 'web', id: 'one-and-the-same' }),
    when: async (device) => {
      const opened: Pick<OpenedTicket, 'uuid' | 'secret'>[] = [];
      while (opened.length < 400) {
        const screens = Array.from({ length: 40 }, () => new Screen(server.url));
        opened.push(...(await Promise.all(screens.map(async (screen) => (await screen.open(device)).body))));
      }
      return opened;
    },
    then: (opened) => {
      const names = opened.map(({ uuid }) => Buffer.from(uuid.replaceAll('-', ''), 'hex'));
      const secrets = opened.map(({ secret }) => Buffer.from(secret, 'base64url'));
      for (const { uuid } of opened) expect(uuid).toMatch(/^.{8}-.{4}-4.{3}-[89ab].{3}-.{12}$/); // random, RFC 9562 §5.4
      for (const secret of secrets) expect(secret).toHaveLength(32);
      expect(new Set(opened.flatMap(({ uuid, secret }) => [uuid, secret])).size).toBe(800);
      const [ofNames, ofSecrets] = [bitCounts(names), bitCounts(secrets)];
      expect(foretold(ofSecrets)).toEqual([]);
      expect(foretold(ofNames)).toHaveLength(6); // version and variant are fixed, the other 122 bits are random
      // no name follows from the one before it, and no secret from its name
      const differences = names.slice(1).map((name, nth) => Buffer.from(name.map((byte, i) => byte ^ names[nth]![i]!)));
      expect(foretold(bitCounts(differences))).toHaveLength(6);
      for (const { uuid, secret } of opened) {
        for (const digest of ['sha256', 'md5', 'sha1']) {
          expect(createHash(digest).update(uuid).digest('base64url')).not.toBe(secret);
        }
      }
    },
  });
});

describe("F4: the client cannot choose the ticket's name", () => {
  const device = { id: 'mallorys-screen', type: 'web' };
  const chosen = randomUUID();

  for (const [where, json, pointer] of [
    ['uuid', { uuid: chosen, device }, '/uuid'],
    ['id', { id: chosen, device }, '/id'],
    ['the secret', { secret: PASSWORD.padEnd(43, 'x'), device }, '/secret'],
    ['the status', { status: 'confirmed', device }, '/status'],
    ['its life', { expiresIn: 1e9, device }, '/expiresIn'],
    ['uuid, in the device', { device: { ...device, uuid: chosen } }, '/device/uuid'],
  ] as const) {
    attack(`session fixation by the body: ${where}`, {
      given: () => json,
      when: (body) => call('POST', `${server.url}/v1/tickets`, { json: body }),
      then: async (response) => {
        expect(response).toMatchObject(refusal(400, 'invalid_request', { errors: [{ pointer }] }));
        expect(await ada.scan({ uuid: chosen })).toMatchObject(NO_TICKET);
      },
    });
  }

  attack('session fixation by the address, a header or a cookie: they are ignored', {
    given: () => ({ secret: PASSWORD.padEnd(43, 'x') }),
    when: ({ secret }) =>
      call('POST', `${server.url}/v1/tickets?uuid=${chosen}&secret=${secret}`, {
        json: { device },
        headers: { 'x-ticket-uuid': chosen, 'x-ticket-secret': secret, cookie: `uuid=${chosen}` },
      }),
    then: async ({ status, body }, { secret }) => {
      expect(status).toBe(201);
      expect(body.uuid).not.toBe(chosen);
      expect(body.secret).not.toBe(secret);
      expect(await ada.scan({ uuid: chosen })).toMatchObject(NO_TICKET);
    },
  });

  attack('session fixation by another method: a ticket cannot be created by PUT or PATCH', {
    given: () => `${server.url}/v1/tickets/${chosen}`,
    when: (address) =>
      Promise.all(['PUT', 'PATCH', 'POST'].map((method) => call(method, address, { json: { device } }))),
    then: async (responses) => {
      for (const response of responses) expect(response).toMatchObject(refusal(404, 'not_found'));
      expect(await ada.scan({ uuid: chosen })).toMatchObject(NO_TICKET);
    },
  });
});

describe('F6: no personal data before the login is done', () => {
  const account = { displayName: 'Ada Lovelace', avatarUrl: null, knownHere: false };
  const expiresIn = expect.any(Number);

  attack(
    'a screen that wants to know who scanned: it gets display name, avatar and whether they were here before, and nothing else',
    {
      given: () => at('pending'),
      when: async (screen) => {
        const stream = screenCall('GET /events', screen.uuid, { 'x-ticket-secret': screen.secret });
        await expect.poll(() => server.bell.size).toBe(1);
        const told = [(await screen.poll('pending', { wait: 0 })).body];
        await ada.scan(screen);
        told.push((await screen.poll('pending')).body);
        await ada.confirm(screen);
        told.push((await screen.poll('scanned')).body);
        await screen.redeem();
        return { told, stream: (await stream).body as string };
      },
      then: async ({ told, stream }, screen) => {
        expect(told).toEqual([
          { code: 408, status: 'pending', expiresIn },
          { code: 201, status: 'scanned', expiresIn, account },
          { code: 200, status: 'confirmed', expiresIn, account },
        ]);
        expect((await screen.poll()).body).toEqual({ code: 400, status: 'redeemed', expiresIn: 0 });
        const everything = JSON.stringify(told) + stream;
        expect(everything).toContain('Ada Lovelace');
        const { tokens, username, id, scanToken } = ada;
        const sessions = [tokens!.session.id, screen.tokens!.session.id];
        for (const untold of [username, id, scanToken, tokens!.account.id, ...sessions]) {
          expect(everything).not.toContain(untold);
        }
      },
    },
  );

  for (const status of ['denied', 'cancelled', 'expired', 'redeemed'] as const) {
    attack(`a screen that asks again after the end: a ticket that is ${status} shows no account any more`, {
      given: async () => {
        const screen = await at(status === 'expired' ? 'scanned' : status);
        if (status === 'expired') await letPass(server.db, screen, 300);
        return screen;
      },
      when: (screen) => screen.poll('scanned'),
      then: ({ body }) => {
        const why = status === 'denied' && { reason: 'declined' };
        expect(body).toEqual({ code: 400, status, expiresIn: 0, ...why });
      },
    });
  }

  attack('a phone that wants to be the screen: a scan tells what the screen is, and none of its secrets', {
    given: async () => {
      const screen = new Screen(server.url);
      await screen.open({ name: 'Office PC' });
      return screen;
    },
    when: (screen) => mallory.scan(screen),
    then: ({ body }, screen) => {
      const told = JSON.stringify(body);
      expect(told).toContain('Office PC');
      const hash = createHash('sha256').update(screen.secret).digest();
      for (const untold of [screen.secret, hash.toString('hex'), hash.toString('base64url'), screen.id]) {
        expect(told).not.toContain(untold);
      }
    },
  });

  attack('a second phone that wants to know who was faster: it is told only that another phone was', {
    given: () => at('scanned'),
    when: (screen) => mallory.scan(screen),
    then: (response) => {
      expect(response).toMatchObject(refusal(409, 'ticket_already_scanned'));
      expect(Object.keys(response.body).sort()).toEqual(['code', 'status', 'title', 'type']);
    },
  });
});
