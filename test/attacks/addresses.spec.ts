import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { type HttpResponse, call } from '../support/http.js';
import { startServerProcess } from '../support/server-process.js';
import { attack } from './support/attack.js';

// Calls are counted by their address: a client that could choose its address would have no limit.

const TICKETS = 10;
let server: RunningApp;

beforeAll(async () => {
  server = await startApp({
    TRUST_PROXY: 'loopback',
    TICKETS_PER_MINUTE: String(TICKETS),
    SIGN_IN_FAILURES_PER_ADDRESS: '3',
  });
});
afterAll(async () => {
  await server.close();
});

const from = (address: string) => ({ 'x-forwarded-for': address });

function openFrom(address: string | undefined, url = server.url): Promise<HttpResponse> {
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
    when: async ({ body }) => {
      const phone = await signedInPhone(server.url);
      // the phone is in the same network, so it is shown the whole address
      const headers = { 'x-forwarded-for': '203.0.113.13:50000' };
      return phone.as('POST', `/v1/tickets/${body.uuid}/scan`, undefined, headers);
    },
    then: ({ body }) => expect(body.screen).toMatchObject({ ip: '203.0.113.13', network: 'same' }),
  });
});

describe('an address that the client has sent itself', () => {
  attack('X-Forwarded-For once by the client and once more by the proxy: the one of the proxy is counted', {
    given: () => times(TICKETS + 2, (nth) => ({ 'x-forwarded-for': [`203.0.113.${100 + nth}`, '203.0.113.15'] })),
    when: async (all) => {
      let opened = 0;
      for (const headers of all) {
        const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
        const sent = request(`${server.url}/v1/tickets`, options).end('{"device":{"id":"tv","type":"tv"}}');
        const [response] = (await once(sent, 'response')) as [IncomingMessage];
        opened += response.resume().statusCode === 201 ? 1 : 0;
      }
      return opened;
    },
    then: (opened) => expect(opened).toBe(TICKETS),
  });
});

describe('an address that cannot be read', () => {
  attack('texts that are no address, a new one each time: all of them share one small limit, and other clients go on', {
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
      const responses: HttpResponse[] = [];
      for (const text of texts) {
        const json = {
          username: `sprayed.${randomUUID().slice(0, 8)}`,
          password: PASSWORD,
          device: { id: 'x', type: 'web' },
        };
        responses.push(await call('POST', `${server.url}/v1/sessions`, { headers: from(text), json }));
      }
      return responses.map(({ status }) => status);
    },
    then: (statuses) => expect(statuses).toEqual([401, 401, 401, 429, 429]),
  });

  attack('an unreadable address: the operator is told once, and what to check', {
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

  attack(
    'a proxy on this machine that TRUST_PROXY does not name: all clients behind it share one limit, instead of having none',
    {
      given: () => startApp({ ...production, TICKETS_PER_MINUTE: '3' }),
      when: async (app) => {
        const opened = await openedFrom(['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4'], app.url);
        await app.close();
        return opened;
      },
      then: (opened) => expect(opened).toBe(3),
    },
  );

  attack('a proxy that does not say for whom it calls: all clients behind it share one small limit', {
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
