import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, Phone, register, Screen, screenAt, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { everythingOf, refusal } from './support/answers.js';
import { attack } from './support/attack.js';

// Guessing and flooding. A trusted proxy states the address of each call, so that every case has its own addresses.

const LIMITS = {
  TRUST_PROXY: 'loopback',
  SIGN_IN_FAILURES_PER_ACCOUNT: '3',
  SIGN_IN_FAILURES_PER_ADDRESS: '6',
  TICKETS_PER_MINUTE: '5',
  POLLS_PER_MINUTE: '5',
  SCANS_PER_MINUTE: '5',
  ACCOUNTS_PER_MINUTE: '5',
  SIGN_INS_PER_MINUTE: '20',
  PICTURES_PER_MINUTE: '5',
  STREAMS_PER_MINUTE: '5',
  CALLS_PER_MINUTE: '5',
  PAGES_PER_MINUTE: '5',
  METRICS_PER_MINUTE: '5',
};
let server: RunningApp;
/** Another instance on the same database. */
let sister: RunningApp;
/** Clients that never finish their request, started before the first test. */
let slow: Record<'headers' | 'body', Promise<SlowEnd>>;

beforeAll(async () => {
  server = await startApp(LIMITS);
  slow = {
    headers: dripping('GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: '),
    body: dripping(
      'POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"',
    ),
  };
  sister = await startApp({ ...LIMITS, DATABASE_URL: server.databaseUrl });
});
afterAll(async () => {
  for (const each of [sister, server]) {
    expect(each.bell.size).toBe(0);
    await each.close();
  }
});

interface SlowEnd {
  said: string;
  seconds: number;
}

/** Sends the beginning of a request, then one letter now and then. @returns the response, and after how long it came */
async function dripping(beginning: string): Promise<SlowEnd> {
  const began = performance.now();
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {});
  socket.write(beginning);
  const drip = setInterval(() => socket.write('x'), 500);
  try {
    const said = await text(socket);
    return { said, seconds: (performance.now() - began) / 1000 };
  } finally {
    clearInterval(drip);
  }
}

const from = (ip: string) => ({ 'x-forwarded-for': ip });

interface Guess {
  ip: string;
  device?: string;
  url?: string;
}

function signIn(username: string, password: string, { ip, device = randomUUID(), url = server.url }: Guess) {
  const json = { username, password, device: { id: device, type: 'phone' } };
  return call('POST', `${url}/v1/sessions`, { headers: from(ip), json });
}

/** Makes `count` calls, one after the other. */
async function inTurn(count: number, act: (nth: number) => Promise<HttpResponse>): Promise<HttpResponse[]> {
  const responses: HttpResponse[] = [];
  while (responses.length < count) responses.push(await act(responses.length));
  return responses;
}

const codesOf = (responses: HttpResponse[]) => responses.map(({ body }) => body.code as string | undefined);

/** Tickets with a waiter, from the public metrics. */
async function waiting(): Promise<number> {
  const { body } = await call('GET', `${server.url}/metrics`);
  return Number(/^scan_login_tickets_waited_on (\d+)$/m.exec(body as string)![1]);
}

/** A client that is turned away is told when to try again. */
function expectToWait(response: HttpResponse, code: string): void {
  expect(response).toMatchObject(refusal(429, code));
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('guessing passwords', () => {
  for (const [whose, nameOf] of [
    ['of an account', () => register(server.url)],
    ['of an account that does not exist', () => Promise.resolve(`nobody.${randomUUID().slice(0, 8)}`)],
  ] as const) {
    attack(`one password ${whose} after another, each from a new address: slowed down after three, known or not`, {
      given: nameOf,
      when: (username) => inTurn(5, (nth) => signIn(username, `wrong-${nth}`, { ip: `198.51.100.${nth + 1}` })),
      then: (responses) => {
        const wrong = ['invalid_credentials', 'invalid_credentials', 'invalid_credentials'];
        expect(codesOf(responses)).toEqual([...wrong, 'too_many_attempts', 'too_many_attempts']);
        expectToWait(responses.at(-1)!, 'too_many_attempts');
      },
    });
  }

  attack('a guesser who waits as long as he is told: each further failure doubles the wait', {
    given: () => register(server.url),
    when: async (username) => {
      const waits: (string | null)[] = [];
      for (let guess = 0; guess < 6; guess += 1) {
        await server.db.query('UPDATE sign_in_failures SET blocked_until = NULL');
        await signIn(username, 'wrong', { ip: `198.51.101.${guess + 1}` });
        waits.push((await signIn(username, 'wrong', { ip: '198.51.101.99' })).headers.get('retry-after'));
      }
      return waits;
    },
    // every evaluated wrong password counts, and refused calls do not
    then: (waits) => expect(waits).toEqual([null, '1', '2', '4', '8', '16']),
  });

  attack('locking an account by guessing on purpose: a device that has signed in before still gets in', {
    given: async () => {
      const ada = await signedInPhone(server.url);
      await inTurn(6, (nth) => signIn(ada.username, `wrong-${nth}`, { ip: `198.51.102.${nth + 1}` }));
      return ada;
    },
    when: async (ada) => ({
      anybody: await signIn(ada.username, PASSWORD, { ip: '198.51.102.50' }),
      ada: await signIn(ada.username, PASSWORD, { ip: '198.51.102.51', device: ada.id }),
    }),
    then: ({ anybody, ada }) => {
      expectToWait(anybody, 'too_many_attempts');
      expect(ada.status).toBe(201);
    },
  });

  attack("guessing under the id of a victim's device, which is no secret: it is counted by itself", {
    given: () => signedInPhone(server.url),
    when: async (ada) => {
      const guesses = await inTurn(4, (nth) =>
        signIn(ada.username, `wrong-${nth}`, { ip: `198.51.103.${nth + 1}`, device: ada.id }),
      );
      return { guesses, right: await signIn(ada.username, PASSWORD, { ip: '198.51.103.50', device: ada.id }) };
    },
    then: ({ guesses, right }) => {
      expect(codesOf(guesses.slice(0, 3))).toEqual(Array.from({ length: 3 }, () => 'invalid_credentials'));
      expectToWait(right, 'too_many_attempts');
    },
  });

  for (const [where, ipOf, neighbour] of [
    ['one IPv4 address', () => '203.0.113.1', '203.0.113.2'],
    ['one IPv6 network, with a new address each time', (nth: number) => `2001:db8:1:2::${nth + 1}`, '2001:db8:1:3::1'],
  ] as const) {
    attack(`one password tried on many accounts from ${where}: slowed down, and the neighbours are not`, {
      given: () => register(server.url),
      when: async (username) => {
        await inTurn(6, (nth) =>
          signIn(`sprayed.${nth}.${randomUUID().slice(0, 8)}`, 'Summer2026!', { ip: ipOf(nth) }),
        );
        return {
          same: await signIn(username, PASSWORD, { ip: ipOf(99) }),
          other: await signIn(username, PASSWORD, { ip: neighbour }),
        };
      },
      then: ({ same, other }) => {
        expectToWait(same, 'too_many_attempts');
        expect(other.status).toBe(201);
      },
    });
  }

  attack('guessing at several instances in turn: what they count, they count together', {
    given: () => register(server.url),
    when: (username) =>
      inTurn(4, (nth) =>
        signIn(username, 'wrong', { ip: `198.51.104.${nth + 1}`, url: (nth % 2 ? sister : server).url }),
      ),
    then: (responses) => {
      expect(codesOf(responses.slice(0, 3))).toEqual(Array.from({ length: 3 }, () => 'invalid_credentials'));
      expectToWait(responses[3]!, 'too_many_attempts');
    },
  });

  attack('guessing the current password with a stolen session: slowed down as well', {
    given: () => signedInPhone(server.url),
    when: (ada) =>
      inTurn(4, (nth) => {
        const json = { current: nth < 3 ? 'wrong' : PASSWORD, new: 'another long password' };
        return ada.as('POST', '/v1/account/password', json, from('198.51.105.1'));
      }),
    then: (responses) => {
      for (const response of responses.slice(0, 3)) expect(response).toMatchObject(refusal(401, 'invalid_credentials'));
      expectToWait(responses[3]!, 'too_many_attempts');
    },
  });

  attack('probing for accounts by signing in: a wrong password and an unknown name get the same response', {
    given: () => register(server.url),
    when: async (username) => [
      await signIn(username, 'not the password', { ip: '198.51.106.1' }),
      await signIn('nobody.of.that.name', 'not the password', { ip: '198.51.106.2' }),
    ],
    then: ([known, unknown]) => {
      expect(known).toMatchObject(refusal(401, 'invalid_credentials'));
      expect(everythingOf(unknown!)).toEqual(everythingOf(known!));
    },
  });

  attack('a password too short to withstand guessing, or too long: it cannot be set', {
    given: () => ['', '1234567', 'x'.repeat(257)],
    when: (passwords) =>
      Promise.all(
        passwords.map((password) => {
          const username = `eve.${randomUUID().slice(0, 8)}`;
          return call('POST', `${server.url}/v1/accounts`, { json: { username, password } });
        }),
      ),
    then: (responses) => {
      const refused = refusal(400, 'invalid_request', { errors: [{ pointer: '/password' }] });
      for (const response of responses) expect(response).toMatchObject(refused);
    },
  });
});

describe('flooding from one network', () => {
  const floods: Record<string, { given: () => Promise<(ip: string) => Promise<HttpResponse>>; allowed: number }> = {
    'tickets opened': {
      given: async () => (ip) =>
        call('POST', `${server.url}/v1/tickets`, { headers: from(ip), json: { device: { id: 'tv', type: 'tv' } } }),
      allowed: 5,
    },
    'polls of one ticket': {
      given: async () => {
        const screen = new Screen(server.url);
        await screen.open();
        const address = `${server.url}/v1/tickets/${screen.uuid}/status?wait=0`;
        return (ip) => call('GET', address, { headers: { ...from(ip), 'x-ticket-secret': screen.secret } });
      },
      allowed: 5,
    },
    'guesses at the secret of a ticket': {
      given: async () => {
        const screen = new Screen(server.url);
        await screen.open();
        const address = `${server.url}/v1/tickets/${screen.uuid}/status`;
        return (ip) => call('GET', address, { headers: { ...from(ip), 'x-ticket-secret': randomUUID() } });
      },
      allowed: 5,
    },
    'event streams': {
      given: async () => (ip) => call('GET', `${server.url}/v1/tickets/${randomUUID()}/events`, { headers: from(ip) }),
      allowed: 5,
    },
    'scans of one code after another': {
      given: async () => {
        const phone = await signedInPhone(server.url);
        return (ip) => phone.as('POST', `/v1/tickets/${randomUUID()}/scan`, undefined, from(ip));
      },
      allowed: 5,
    },
    'confirms with guessed scan tokens': {
      given: async () => {
        const phone = await signedInPhone(server.url);
        const { uuid } = await screenAt('scanned', server, phone);
        const path = `/v1/tickets/${uuid}/confirm`;
        return (ip) => phone.as('POST', path, { scanToken: randomUUID() }, from(ip));
      },
      allowed: 5,
    },
    'accounts made': {
      given: async () => (ip) =>
        call('POST', `${server.url}/v1/accounts`, {
          headers: from(ip),
          json: { username: `flood.${randomUUID().slice(0, 8)}`, password: PASSWORD },
        }),
      allowed: 5,
    },
    'sign-ins that succeed': {
      given: async () => {
        const username = await register(server.url);
        return (ip) => signIn(username, PASSWORD, { ip, device: 'one-device' });
      },
      allowed: 20,
    },
    'pictures of one code after another': {
      given: async () => {
        const screen = new Screen(server.url);
        await screen.open();
        let nth = 0;
        const next = () => `${server.url}/v1/tickets/${screen.uuid}/qr.${(nth += 1) % 2 ? 'png' : 'svg'}`;
        return (ip) => call('GET', next(), { headers: from(ip) });
      },
      allowed: 5,
    },
    'calls of a session': {
      given: async () => {
        const phone = await signedInPhone(server.url);
        const paths = ['/v1/account', '/v1/sessions', '/v1/account/events'];
        let nth = 0;
        return (ip) => phone.as('GET', paths[(nth += 1) % paths.length]!, undefined, from(ip));
      },
      allowed: 5,
    },
    'sessions ended that there are not': {
      given: async () => {
        const phone = await signedInPhone(server.url);
        return (ip) => phone.as('DELETE', `/v1/sessions/${randomUUID()}`, undefined, from(ip));
      },
      allowed: 5,
    },
    'made-up tokens': {
      given: async () => (ip) =>
        call('GET', `${server.url}/v1/account`, { headers: { ...from(ip), authorization: 'Bearer a.b.c' } }),
      allowed: 5,
    },
    'pages, scripts, documents and keys': {
      given: async () => {
        const paths = [
          '/',
          '/phone',
          '/l/x',
          '/openapi.json',
          '/docs',
          '/docs/swagger-ui.css',
          '/.well-known/jwks.json',
        ];
        let nth = 0;
        return (ip) => call('GET', server.url + paths[(nth += 1) % paths.length]!, { headers: from(ip) });
      },
      allowed: 5,
    },
    'readings of the metrics': {
      given: async () => (ip) => call('GET', `${server.url}/metrics`, { headers: from(ip) }),
      allowed: 5,
    },
  };
  let network = 0;
  for (const [what, { given, allowed }] of Object.entries(floods)) {
    const net = `192.0.2.${(network += 2)}`;
    const neighbour = `192.0.2.${network + 1}`;
    attack(`${what}: only so many a minute, told when to come again, and the neighbours go on`, {
      given,
      when: async (act) => ({ flood: await inTurn(allowed + 2, () => act(net)), other: await act(neighbour) }),
      then: ({ flood, other }) => {
        for (const { status } of flood.slice(0, allowed)) expect(status).not.toBe(429);
        for (const response of flood.slice(allowed)) expectToWait(response, 'too_many_requests');
        expect(other.status).not.toBe(429);
      },
    });
  }

  attack('long bodies past the limit: each is refused before it is read, and before it is sent', {
    given: async () => {
      await inTurn(5, () => call('POST', `${server.url}/v1/tickets`, { headers: from('192.0.2.201'), json: {} }));
      return connect(Number(new URL(server.url).port), '127.0.0.1');
    },
    when: async (socket) => {
      const head = ['POST /v1/tickets HTTP/1.1', 'Host: x', 'X-Forwarded-For: 192.0.2.201', 'Content-Length: 60000'];
      // none of the sixty thousand is sent
      socket.write([...head, 'Content-Type: application/json', '', ''].join('\r\n'));
      const [said] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return said.toString();
    },
    then: (said) => expect(said).toMatch(/^HTTP\/1\.1 429 .*"too_many_requests"/s),
  });

  attack(
    'asking whether the server is healthy, again and again: it always tells, so that load balancers keep sending calls',
    {
      given: () => ['/livez', '/readyz'],
      when: (paths) => inTurn(40, (nth) => call('GET', server.url + paths[nth % 2]!, { headers: from('192.0.2.202') })),
      then: (responses) => {
        for (const { status } of responses) expect(status).toBe(200);
      },
    },
  );

  attack(
    'a made-up chain of proxies: the last address that a trusted proxy saw is counted, not what the client claims',
    {
      given: () => ({ device: { id: 'tv', type: 'tv' } }),
      when: (json) =>
        inTurn(7, (nth) =>
          call('POST', `${server.url}/v1/tickets`, { json, headers: from(`10.0.0.${nth}, 127.0.0.1, 192.0.2.200`) }),
        ),
      then: (responses) => {
        expect(responses.slice(0, 5).map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
        for (const response of responses.slice(5)) expectToWait(response, 'too_many_requests');
      },
    },
  );
});

describe('wearing the server out', () => {
  attack(
    'a hundred and twenty sign-ins at once: those that cannot be hashed are refused at once, and a login goes on meanwhile',
    {
      given: async () => {
        const phone = await signedInPhone(server.url);
        return { phone, screen: await screenAt('scanned', server, phone) };
      },
      when: async ({ phone, screen }) => {
        let isOver = false;
        const flood = Promise.all(
          Array.from({ length: 120 }, (_, nth) => new Phone(server.url, `crowd.${nth}`).signIn('whatever it is')),
        ).finally(() => (isOver = true));
        const confirmed = await phone.confirm(screen);
        const redeemed = await screen.redeem();
        return { wasFirst: !isOver, confirmed, redeemed, responses: await flood };
      },
      then: ({ wasFirst, confirmed, redeemed, responses }) => {
        const [busy, others] = [503, 401].map((status) => responses.filter((response) => response.status === status));
        expect(busy!.length + others!.length).toBe(120);
        expect(busy!.length).toBeGreaterThan(0);
        for (const response of busy!) {
          expect(response).toMatchObject(refusal(503, 'busy'));
          expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        }
        expect([confirmed.status, redeemed.status]).toEqual([204, 200]);
        expect(wasFirst, 'confirm and redeem were answered before the crowd was').toBe(true);
      },
    },
  );

  attack('the dearest pictures, each of a new ticket: a PNG takes the server no more than twice what an SVG does', {
    given: async () => {
      const screens = Array.from({ length: 240 }, () => new Screen(server.url));
      await Promise.all(screens.map((screen) => screen.open()));
      return screens;
    },
    when: async (screens) => {
      const took = { png: 0, svg: 0 };
      // alternating, so that other load on the machine affects both alike
      while (screens.length > 0) {
        for (const kind of ['png', 'svg'] as const) {
          const began = performance.now();
          const some = screens.splice(0, 20);
          await Promise.all(some.map(({ uuid }) => call('GET', `${server.url}/v1/tickets/${uuid}/qr.${kind}`)));
          took[kind] += performance.now() - began;
        }
      }
      return took;
    },
    then: ({ png, svg }) => expect(png).toBeLessThan(2 * svg),
  });

  attack('three hundred polls that are hung up: no waiter is left, as the metrics show', {
    given: async () => {
      const screens = Array.from({ length: 30 }, () => new Screen(server.url));
      await Promise.all(screens.map((screen) => screen.open()));
      return screens;
    },
    when: async (screens) => {
      const hangUp = new AbortController();
      const polls = screens.flatMap((screen) => Array.from({ length: 10 }, () => screen.poll('pending', hangUp)));
      await expect.poll(waiting, { timeout: 10_000 }).toBe(30);
      hangUp.abort();
      await Promise.allSettled(polls);
      await expect.poll(waiting, { timeout: 1_000, interval: 20 }).toBe(0);
      return waiting();
    },
    then: (left) => expect(left).toBe(0),
  });

  for (const [what, least, most] of [
    ['headers', 10, 20],
    ['body', 15, 25],
  ] as const) {
    attack(`a client that sends its ${what} a letter at a time: it gets an error after ${least} s, and is cut off`, {
      given: () => slow[what],
      when: (end) => end,
      then: ({ said, seconds }) => {
        expect(said).toMatch(/^HTTP\/1\.1 408 /);
        expect(said).toContain('"request_timeout"');
        expect(seconds).toBeGreaterThan(least - 0.1);
        // Node checks once a second as configured, and every thirty seconds by default
        expect(seconds).toBeLessThan(most);
      },
    });
  }
});
