import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HeldCalls } from '../../apps/server/src/limits/held-calls.js';
import { PASSWORD, register, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { DeviceKey } from '../support/device-key.js';
import { createDatabase } from '../support/database.js';
import { type Answer, call } from '../support/http.js';
import { startServerProcess } from '../support/server-process.js';
import { refusal } from './support/answers.js';
import { attack } from './support/attack.js';

// Where a call comes from decides what it is counted with: a client that could choose would have no limit at all.

const TICKETS = 10;
const HELD = 3;
let server: RunningApp;

beforeAll(async () => {
  server = await startApp({
    TRUST_PROXY: 'loopback',
    TICKETS_PER_MINUTE: String(TICKETS),
    POLLS_HELD_PER_ADDRESS: String(HELD),
    SIGN_IN_FAILURES_PER_ADDRESS: '3',
  });
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  expect(server.app.get(HeldCalls).size).toBe(0);
  await server.close();
});

const from = (address: string) => ({ 'x-forwarded-for': address });

function openFrom(address: string | undefined, url = server.url): Promise<Answer> {
  const json = { device: { id: 'tv', type: 'tv' } };
  return call('POST', `${url}/v1/tickets`, { headers: address === undefined ? {} : from(address), json });
}

/** Opens a ticket from each of these addresses in turn. @returns how many were opened */
async function openedFrom(addresses: string[], url?: string): Promise<number> {
  let opened = 0;
  for (const address of addresses) opened += (await openFrom(address, url)).status === 201 ? 1 : 0;
  return opened;
}

const times = <Each>(count: number, each: (nth: number) => Each) =>
  Array.from({ length: count }, (_, nth) => each(nth));

describe('an address that a proxy writes in its own way', () => {
  const spellings: Record<string, (nth: number) => string> = {
    'IPv4 with a port': (nth) => `203.0.113.10:${5000 + nth}`,
    'IPv6 with a port': (nth) => `[2001:db8:10::1]:${5000 + nth}`,
    'IPv6 in brackets, with a zone, in long form': (nth) =>
      ['[2001:db8:11::1]', '2001:db8:11::1%eth0', '2001:0db8:0011:0000:0000:0000:0000:0001'][nth % 3]!,
    'IPv4 in the form of IPv6': (nth) => ['::ffff:203.0.113.12', '::ffff:cb00:710c', '203.0.113.12'][nth % 3]!,
  };
  for (const [how, spelling] of Object.entries(spellings)) {
    attack(`${how}: it is the same client, with one limit`, {
      given: () => times(TICKETS + 2, spelling),
      when: (addresses) => openedFrom(addresses),
      then: (opened) => expect(opened).toBe(TICKETS),
    });
  }

  attack('an address that comes with a port is shown to the phone without it', {
    given: () => openFrom('203.0.113.13:40000'),
    when: async ({ body }) => (await signedInPhone(server.url)).scan(body as { uuid: string }),
    then: ({ body }) => expect(body.screen.ip).toBe('203.0.113.13'),
  });
});

describe('an address that cannot be read', () => {
  attack('texts that are no address, another one each time: all of them share one small limit, and others go on', {
    given: () => [
      'garbage',
      '999.1.2.3',
      '203.0.113.10:x',
      '1',
      '0x7f.1',
      '::1::',
      '[::1',
      'unknown',
      '_hidden',
      "'--",
    ],
    when: async (texts) => ({ opened: await openedFrom(texts), other: await openFrom('203.0.113.14') }),
    then: ({ opened, other }) => {
      expect(opened).toBe(TICKETS / 10);
      expect(other.status).toBe(201);
    },
  });

  attack('one password tried on many accounts from addresses that cannot be read: slowed down', {
    given: () => times(5, (nth) => `not-an-address-${nth}`),
    when: async (texts) => {
      const answers: Answer[] = [];
      for (const text of texts) {
        const json = {
          username: `sprayed.${randomUUID().slice(0, 8)}`,
          password: PASSWORD,
          device: { id: 'x', type: 'web' },
        };
        answers.push(await call('POST', `${server.url}/v1/sessions`, { headers: from(text), json }));
      }
      return answers.map(({ status }) => status);
    },
    then: (statuses) => expect(statuses).toEqual([401, 401, 401, 429, 429]),
  });

  attack('the operator is told once, and what to look at', {
    given: async () => startServerProcess({ DATABASE_URL: await createDatabase(), TRUST_PROXY: 'loopback' }),
    when: async (process) => {
      await openedFrom(['one text', 'another text', 'a third'], process.url);
      await process.stop();
      return process.output();
    },
    then: (output) => {
      const lines = output.split('\n').filter((line) => line.includes('"caller.unknown"'));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('one text');
      expect(lines[0]).toContain('TRUST_PROXY');
    },
  });
});

describe('a client with many IPv6 networks', () => {
  attack('a /56, with a new /64 for each call: four times the limit, and no more', {
    given: () => times(4 * TICKETS + 5, (nth) => `2001:db8:20:${(0x100 + nth).toString(16)}::1`),
    when: async (addresses) => ({
      opened: await openedFrom(addresses),
      next: await openFrom('2001:db8:20:200::1'),
      elsewhere: await openFrom('2001:db8:21::1'),
    }),
    then: ({ opened, next, elsewhere }) => {
      expect(opened).toBe(4 * TICKETS);
      expect([next.status, elsewhere.status]).toEqual([201, 201]);
    },
  });

  attack('a /48, with a new /56 for each call: sixteen times the limit, and no more', {
    given: () => times(16 * TICKETS + 5, (nth) => `2001:db8:30:${(nth << 8).toString(16)}::1`),
    when: async (addresses) => ({ opened: await openedFrom(addresses), elsewhere: await openFrom('2001:db8:31::1') }),
    then: ({ opened, elsewhere }) => {
      expect(opened).toBe(16 * TICKETS);
      expect(elsewhere.status).toBe(201);
    },
  });

  attack("one /64 that goes on when it is refused: it uses up nothing of its neighbours' in the same /56", {
    given: () => times(8 * TICKETS, (nth) => `2001:db8:40:1::${(nth + 1).toString(16)}`),
    when: async (addresses) => ({ opened: await openedFrom(addresses), neighbour: await openFrom('2001:db8:40:2::1') }),
    then: ({ opened, neighbour }) => {
      expect(opened).toBe(TICKETS);
      expect(neighbour.status).toBe(201);
    },
  });
});

describe('in production', () => {
  const production = { NODE_ENV: 'production', PUBLIC_URL: 'https://login.example.org' };

  attack('a proxy on this machine that was not named: everybody behind it shares one limit, instead of having none', {
    given: () => startApp({ ...production, TICKETS_PER_MINUTE: '3' }),
    when: async (app) => {
      const opened = await openedFrom(['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4'], app.url);
      await app.close();
      return opened;
    },
    then: (opened) => expect(opened).toBe(3),
  });

  attack('a proxy that does not say for whom it calls: everybody behind it shares one small limit', {
    given: () => startApp({ ...production, TRUST_PROXY: 'loopback', TICKETS_PER_MINUTE: '20' }),
    when: async (app) => {
      const unnamed = [];
      for (let nth = 0; nth < 4; nth += 1) unnamed.push((await openFrom(undefined, app.url)).status);
      const named = await openFrom('203.0.113.1', app.url);
      await app.close();
      return { unnamed, named };
    },
    then: ({ unnamed, named }) => {
      expect(unnamed).toEqual([201, 201, 429, 429]);
      expect(named.status).toBe(201);
    },
  });
});

describe('calls that are held', () => {
  /** As many tickets, opened from elsewhere. */
  async function screens(count: number): Promise<Screen[]> {
    return Promise.all(
      times(count, async (nth) => {
        const { body } = await openFrom(`192.0.2.${nth + 1}`);
        return Object.assign(new Screen(server.url), { uuid: body.uuid, secret: body.secret });
      }),
    );
  }

  function hold({ uuid, secret }: Screen, what: 'status?wait=20' | 'events', ip: string, signal?: AbortSignal) {
    const headers = { ...from(ip), 'x-ticket-secret': secret };
    return fetch(`${server.url}/v1/tickets/${uuid}/${what}`, { headers, signal });
  }

  const held = async () => {
    const { body } = await call('GET', `${server.url}/metrics`);
    return Number(/^scan_login_polls_held (\d+)$/m.exec(body as string)![1]);
  };

  for (const what of ['status?wait=20', 'events'] as const) {
    attack(`${what.split('?')[0]} calls that stay open, one after another from one address: refused past its number`, {
      given: () => screens(HELD + 2),
      when: async (all) => {
        const ip = what === 'events' ? '198.51.100.1' : '198.51.100.2';
        const hangUp = new AbortController();
        const open = all.slice(0, HELD).map((screen) => hold(screen, what, ip, hangUp.signal).catch(() => undefined));
        await expect.poll(held, { timeout: 5_000 }).toBe(HELD);
        const late = AbortSignal.timeout(3_000);
        const more = await hold(all[HELD]!, what, ip, late).catch(() => undefined);
        const neighbour = hold(all[HELD + 1]!, what, '198.51.100.3', hangUp.signal).catch(() => undefined);
        await expect.poll(held, { timeout: 5_000 }).toBe(HELD + 1);
        hangUp.abort();
        await Promise.all([...open, neighbour]);
        await expect.poll(held, { timeout: 1_000, interval: 20 }).toBe(0);
        const again = new AbortController();
        const after = hold(all[HELD]!, what, ip, again.signal).catch(() => undefined);
        await expect.poll(held, { timeout: 5_000 }).toBe(1);
        again.abort();
        await after;
        return { status: more?.status, retryAfter: more?.headers.get('retry-after'), body: await more?.json() };
      },
      then: ({ status, retryAfter, body }) => {
        expect({ status, body }).toMatchObject(refusal(429, 'too_many_requests'));
        expect(Number(retryAfter)).toBeGreaterThan(0);
      },
    });
  }

  attack('polls sent one behind the other on one connection, which is then hung up: nothing is held on', {
    given: () => screens(HELD),
    when: async (all) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      await once(socket, 'connect');
      for (const { uuid, secret } of all) {
        socket.write(
          `GET /v1/tickets/${uuid}/status?wait=20 HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.4\r\nX-Ticket-Secret: ${secret}\r\n\r\n`,
        );
      }
      await expect.poll(held, { timeout: 5_000 }).toBe(HELD);
      socket.destroy();
      await expect.poll(held, { timeout: 2_000, interval: 20 }).toBe(0);
      const hangUp = new AbortController();
      const again = all.map((screen) =>
        hold(screen, 'status?wait=20', '198.51.100.4', hangUp.signal).catch(() => undefined),
      );
      await expect.poll(held, { timeout: 5_000 }).toBe(HELD);
      hangUp.abort();
      await Promise.all(again);
    },
    then: () => expect.poll(held, { timeout: 1_000, interval: 20 }).toBe(0),
  });
});

describe("a proof of a key that was made for this machine's own name", () => {
  /** Signs in with a proof for the address of the call, which is one of loopback. */
  async function signInWithProof(url: string): Promise<Answer> {
    const address = `${url}/v1/sessions`;
    const json = { username: await register(url), password: PASSWORD, device: { id: 'x', type: 'phone' } };
    const DPoP = await (await DeviceKey.make()).proof('POST', address);
    return call('POST', address, { headers: { DPoP }, json });
  }

  attack('a server that is reached elsewhere: a proof for any server on localhost is none for it', {
    given: () => startApp({ PUBLIC_URL: 'https://login.example.org' }),
    when: async (app) => {
      const answer = await signInWithProof(app.url);
      await app.close();
      return answer;
    },
    then: (answer) => expect(answer).toMatchObject(refusal(401, 'proof_invalid')),
  });

  // the built server guesses its address in the network
  const unconfigured = async () => {
    const process = await startServerProcess({ DATABASE_URL: await createDatabase() });
    return { url: process.url, close: () => process.stop() };
  };
  const starts: Record<string, () => Promise<{ url: string; close: () => Promise<unknown> }>> = {
    'http://localhost:3000': () => startApp({ PUBLIC_URL: 'http://localhost:3000' }),
    'https://[::1]': () => startApp({ PUBLIC_URL: 'https://[::1]' }),
    'no configured address': unconfigured,
  };
  for (const [where, given] of Object.entries(starts)) {
    attack(`a server that is tried out at ${where}: browsers on this machine have keys`, {
      given,
      when: async ({ url, close }) => {
        const answer = await signInWithProof(url);
        await close();
        return answer;
      },
      then: ({ status, body }) => expect({ status, type: body.tokenType }).toEqual({ status: 201, type: 'DPoP' }),
    });
  }
});
