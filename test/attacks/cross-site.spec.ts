import type { OpenedTicket } from '@scan-login/client';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, register, Screen, screenAt, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { call } from '../support/http.js';
import { refusal } from './support/answers.js';
import { attack } from './support/attack.js';

// What a page of another site can make a browser send, as far as it shows without a browser. The rest: browser.spec.ts.

const FRIEND = 'https://app.example.org';
const EVIL = 'https://evil.test';
let server: RunningApp;
/** An instance that one other origin may call. */
let open: RunningApp;

beforeAll(async () => {
  const PUBLIC_URL = 'https://login.example.org';
  [server, open] = await Promise.all([startApp({ PUBLIC_URL }), startApp({ PUBLIC_URL, CORS_ORIGINS: FRIEND })]);
});
afterAll(async () => {
  await server.close();
  await open.close();
});

/** The preflight of a browser before a page of this origin may make a call. */
function preflight(url: string, origin: string, method = 'POST') {
  return call('OPTIONS', `${url}/v1/sessions`, {
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'content-type,x-device-id',
    },
  });
}

const allowed = ({ headers }: { headers: Headers }) =>
  [...headers].filter(([name]) => name.startsWith('access-control-'));

describe('a page of another origin', () => {
  attack('asks whether it may call, where no origin is allowed: it is not let in, and no response says that it is', {
    given: () => [EVIL, 'null', 'https://login.example.org', 'http://localhost', FRIEND],
    when: (origins) =>
      Promise.all(
        origins.flatMap((origin) => [
          preflight(server.url, origin),
          call('GET', `${server.url}/.well-known/jwks.json`, { headers: { origin } }),
          call('POST', `${server.url}/v1/tickets`, { headers: { origin }, json: { device: { id: 'x', type: 'web' } } }),
          call('GET', `${server.url}/v1/account`, { headers: { origin } }),
        ]),
      ),
    then: (responses) => responses.forEach((response) => expect(allowed(response)).toEqual([])),
  });

  attack('pretends to be the one allowed origin: only an exact match is let in', {
    given: () => [
      EVIL,
      'null',
      `${FRIEND}.evil.test`,
      'https://app.example.org:444',
      'http://app.example.org',
      'https://evilapp.example.org',
      'https://x.app.example.org',
      'https://app-example.org',
      `${FRIEND}/`,
      `${FRIEND}, ${EVIL}`,
    ],
    when: (origins) => Promise.all(origins.map((origin) => preflight(open.url, origin))),
    then: async (responses) => {
      for (const response of responses) expect(response.headers.get('access-control-allow-origin')).toBeNull();
      const friends = await preflight(open.url, FRIEND);
      expect(friends.headers.get('access-control-allow-origin')).toBe(FRIEND);
      expect(friends.headers.get('access-control-allow-credentials')).toBeNull();
      expect(friends.headers.get('vary')).toMatch(/origin/i);
    },
  });

  attack('sends what a form can send without a preflight: no call takes it', {
    given: async () => ({ screen: await screenAt('confirmed', server, await signedInPhone(server.url)) }),
    when: ({ screen }) =>
      Promise.all(
        ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'].flatMap((type) =>
          ['/v1/sessions', '/v1/accounts', '/v1/tickets', '/v1/sessions/refresh'].map(async (path) => {
            const body = JSON.stringify({ username: 'mallory', password: PASSWORD, device: { id: 'x', type: 'web' } });
            const headers = { 'content-type': type, origin: EVIL, 'x-ticket-secret': screen.secret };
            return (await fetch(server.url + path, { method: 'POST', body, headers })).status;
          }),
        ),
      ),
    then: (statuses) => expect(new Set(statuses)).toEqual(new Set([415])),
  });
});

/** Signs in as a page of the server does. @returns the cookie, and the device that it belongs to */
async function cookieOf(url: string) {
  const device = { id: 'a-page-of-ours', type: 'web' };
  const json = { username: await register(url), password: PASSWORD, device, refreshCookie: true };
  const { headers } = await call('POST', `${url}/v1/sessions`, { json });
  return { setCookie: headers.get('set-cookie')!, device: device.id };
}

describe('a cookie that comes along by itself', () => {
  attack(
    'is what a script or another site is after: it is HttpOnly, SameSite=Strict, Secure, and sent to sessions alone',
    {
      given: () => cookieOf(server.url),
      when: ({ setCookie }) => setCookie.split('; '),
      then: (parts) => {
        expect(parts.slice(1)).toEqual(
          expect.arrayContaining(['HttpOnly', 'SameSite=Strict', 'Secure', 'Path=/v1/sessions']),
        );
        expect(parts.some((part) => part.startsWith('Domain'))).toBe(false);
      },
    },
  );

  for (const [how, headers] of Object.entries<Record<string, string>>({
    'from another site': { 'sec-fetch-site': 'cross-site', origin: EVIL },
    'from a sister site': { 'sec-fetch-site': 'same-site', origin: 'https://www.example.org' },
    'from an address bar': { 'sec-fetch-site': 'none' },
    'from another origin, in an older browser': { origin: EVIL },
    'from nowhere, as a sandboxed frame': { origin: 'null' },
    'without a word of where from': {},
    'from an allowed origin': { 'sec-fetch-site': 'cross-site', origin: FRIEND },
    'with a forged Host': { origin: EVIL, 'x-forwarded-host': 'evil.test' },
  })) {
    attack(`is sent along ${how}: refused, and it stays valid for its owner`, {
      given: () => cookieOf(open.url),
      when: ({ setCookie, device }) =>
        call('POST', `${open.url}/v1/sessions/refresh`, {
          headers: { cookie: setCookie.split(';')[0], 'x-device-id': device, ...headers },
        }),
      then: async (response, { setCookie, device }) => {
        expect(response).toMatchObject(refusal(403, 'cross_site_refused'));
        const own = { cookie: setCookie.split(';')[0], 'x-device-id': device, 'sec-fetch-site': 'same-origin' };
        expect((await call('POST', `${open.url}/v1/sessions/refresh`, { headers: own })).status).toBe(200);
      },
    });
  }

  attack('is all that a call carries: it opens nothing but the refresh', {
    given: () => cookieOf(server.url),
    when: ({ setCookie, device }) => {
      const headers = { cookie: setCookie.split(';')[0], 'x-device-id': device, 'sec-fetch-site': 'same-origin' };
      return Promise.all([
        call('GET', `${server.url}/v1/sessions`, { headers }),
        call('DELETE', `${server.url}/v1/sessions/current`, { headers }),
        call('GET', `${server.url}/v1/account`, { headers }),
      ]);
    },
    then: (responses) => responses.forEach((response) => expect(response).toMatchObject(refusal(401, 'token_invalid'))),
  });
});

describe('forged headers of a proxy that TRUST_PROXY does not name', () => {
  attack('Host and X-Forwarded-Host: links are built from PUBLIC_URL alone', {
    given: () => new Screen(server.url),
    when: async (screen) => {
      const forgery = { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'gopher', forwarded: 'host=evil.test' };
      const json = { device: { id: screen.id, type: 'web' } };
      return call('POST', `${server.url}/v1/tickets?host=evil.test`, { headers: forgery, json });
    },
    then: ({ headers, body }) => {
      expect(body.qrUrl).toBe(`https://login.example.org/l/${body.uuid}`);
      expect(body.qrImageUrl).toBe(`https://login.example.org/v1/tickets/${body.uuid}/qr.svg`);
      expect(headers.get('location')).toBe(`/v1/tickets/${body.uuid}`);
    },
  });

  attack('X-Forwarded-For: the phone is told the address that the screen really called from', {
    given: async () => {
      const screen = new Screen(server.url);
      const json = { device: { id: screen.id, type: 'web' } };
      const headers = { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7', forwarded: 'for=203.0.113.7' };
      return (await call('POST', `${server.url}/v1/tickets`, { headers, json })).body as OpenedTicket;
    },
    when: async (ticket) => (await signedInPhone(server.url)).scan(ticket),
    then: ({ body }) => expect(body.screen.ip).toBe('127.0.0.0/24'),
  });
});
