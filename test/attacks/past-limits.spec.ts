import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { attack } from './support/attack.js';

// Ways around the limits: calls that no limit counts, and limits that are used up for others.

let server: RunningApp;
beforeAll(async () => {
  server = await startApp({
    TRUST_PROXY: 'loopback',
    PAGES_PER_MINUTE: '20',
    POLLS_PER_TICKET: '3',
    CALLS_PER_ACCOUNT: '10',
    SCANS_PER_ACCOUNT: '10',
    SIGN_IN_FAILURES_PER_ADDRESS: '3',
  });
});
afterAll(() => server.close());

const from = (address: string) => ({ 'x-forwarded-for': address });

async function inTurn(count: number, act: (nth: number) => Promise<HttpResponse>): Promise<number[]> {
  const statuses: number[] = [];
  for (let nth = 0; nth < count; nth += 1) statuses.push((await act(nth)).status);
  return statuses;
}

const countOf = (statuses: number[], status: number) => statuses.filter((each) => each === status).length;

describe('calls that match no route', () => {
  for (const [what, method, path] of [
    ['addresses where nothing is', 'GET', '/nothing/here'],
    ['long bodies to where nothing is', 'POST', '/v1/nothing'],
    ['a method that no route has', 'PUT', '/v1/tickets'],
  ] as const) {
    attack(`${what}, again and again: refused past the limit of pages`, {
      given: () => ({ headers: from(`198.51.100.${method.length + path.length}`) }),
      when: ({ headers }) =>
        inTurn(25, () =>
          call(method, server.url + path, {
            headers,
            json: method === 'GET' ? undefined : { text: 'x'.repeat(9_000) },
          }),
        ),
      then: (statuses) => expect([countOf(statuses, 404), countOf(statuses, 429)]).toEqual([20, 5]),
    });
  }
});

describe('one ticket under many names', () => {
  attack('its uuid in capital letters, here and there: one limit', {
    given: async () => {
      const screen = new Screen(server.url);
      await screen.open();
      return screen.uuid;
    },
    when: (uuid) =>
      inTurn(6, (nth) => {
        const name = [uuid, uuid.toUpperCase(), uuid.slice(0, 18) + uuid.slice(18).toUpperCase()][nth % 3]!;
        return call('GET', `${server.url}/v1/tickets/${name}/qr.svg`, { headers: from('198.51.100.9') });
      }),
    then: (statuses) => expect(statuses).toEqual([200, 200, 200, 429, 429, 429]),
  });
});

describe('a hijacked screen that calls as often as it may', () => {
  attack('calls of the account: its owner still sees it on the phone, and ends it', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      return { phone, screen: await signedInScreen(server.url, phone) };
    },
    when: async ({ phone, screen }) => {
      const statuses = await inTurn(15, () => screen.account());
      return {
        statuses,
        list: await phone.sessions(),
        end: await phone.as('DELETE', `/v1/sessions/${screen.tokens!.session.id}`),
      };
    },
    then: ({ statuses, list, end }) => {
      expect(countOf(statuses, 429)).toBe(5);
      expect([list.status, end.status]).toEqual([200, 204]);
    },
  });

  attack('scans and decisions, which it may not do: its owner still scans and confirms', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      return { phone, screen: await signedInScreen(server.url, phone) };
    },
    when: async ({ phone, screen }) => {
      await inTurn(15, () => screen.as('POST', `/v1/tickets/${screen.uuid}/scan`));
      await inTurn(15, () => screen.as('POST', `/v1/tickets/${screen.uuid}/confirm`, { scanToken: 'none' }));
      const next = new Screen(server.url, 'tv');
      await next.open();
      return [await phone.scan(next), await phone.confirm(next)];
    },
    then: (responses) => expect(responses.map(({ status }) => status)).toEqual([200, 204]),
  });
});

describe('tokens that are refreshed again and again, from many addresses', () => {
  attack('past the limit of its session: refused, and no row is made of it', {
    given: () => signedInPhone(server.url),
    when: (phone) =>
      inTurn(15, async () => {
        const response = await phone.refresh();
        if (response.status === 200) phone.tokens = response.body;
        return response;
      }),
    then: async (statuses, phone) => {
      expect([countOf(statuses, 200), countOf(statuses, 429)]).toEqual([10, 5]);
      const rows = await server.db.query('SELECT 1 FROM refresh_tokens WHERE session_id = $1', [
        phone.tokens!.session.id,
      ]);
      expect(rows).toHaveLength(11);
    },
  });
});

/** One password, on an account that no other attempt names. */
const trying = (address: string) =>
  call('POST', `${server.url}/v1/sessions`, {
    headers: from(address),
    json: { username: `sprayed.${randomUUID().slice(0, 8)}`, password: PASSWORD, device: { id: 'x', type: 'web' } },
  });

describe('passwords are tried from many IPv6 networks', () => {
  attack('a /56, one password on many accounts, with a new /64 for each try: four times what one address may try', {
    given: () => (nth: number) => `2001:db8:50:${(0x100 + nth).toString(16)}::1`,
    when: async (address) => ({
      statuses: await inTurn(16, (nth) => trying(address(nth))),
      elsewhere: await trying('2001:db8:51::1'),
    }),
    then: ({ statuses, elsewhere }) => {
      expect([countOf(statuses, 401), countOf(statuses, 429)]).toEqual([12, 4]);
      expect(elsewhere.status).toBe(401);
    },
  });
});
