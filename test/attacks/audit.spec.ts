import { AuditLog } from '@scan-login/nest/common';
import type { AccountEvents } from '@scan-login/client';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, TEST_SECRET } from '../support/app.js';
import { createDatabase, query } from '../support/database.js';
import { call } from '../support/http.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';
import { attack } from './support/attack.js';

// The attacker wants to hide what they did: behind a flood of other events, or by filling the disk.

let server: RunningApp;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

type Event = AccountEvents['events'][number];

async function firstPage(phone: Phone): Promise<Event[]> {
  return (await phone.as('GET', '/v1/account/events')).body.events;
}

async function rowsOf(phone: Phone, event: string): Promise<{ count: number }[]> {
  const account = phone.tokens!.account.id;
  await firstPage(phone); // writes pending events
  return server.db.query('SELECT * FROM audit_events WHERE account_id = $1 AND event = $2', [account, event]);
}

/** A stolen token, shown again and again from another device. */
async function tryToken(phone: Phone, times: number, url = server.url): Promise<void> {
  const headers = { authorization: `Bearer ${phone.tokens!.accessToken}`, 'x-device-id': 'of-the-thief' };
  for (let nth = 0; nth < times; nth += 25) {
    const responses = await Promise.all(
      Array.from({ length: 25 }, () => call('GET', `${url}/v1/account`, { headers })),
    );
    for (const { status } of responses) expect(status).toBe(403);
  }
}

describe('an attacker who wants to hide in the audit log', () => {
  attack('repeats one refused call many times: one event, with how often and until when', {
    given: () => signedInPhone(server.url),
    when: async (phone) => {
      await tryToken(phone, 100);
      // some are written by then
      await firstPage(phone);
      await tryToken(phone, 100);
    },
    then: async (_, phone) => {
      expect(await rowsOf(phone, 'session.foreign_device')).toMatchObject([{ count: 200 }]);
      const [event] = await firstPage(phone);
      expect(event).toMatchObject({
        event: 'session.foreign_device',
        count: 200,
        sessionId: phone.tokens!.session.id,
      });
      expect(Date.parse(event!.lastAt)).toBeGreaterThan(Date.parse(event!.at));
    },
  });

  attack('scans code after code with a taken-over phone: what matters stays on the first page, the rest is counted', {
    given: async () => {
      const phone = await signedInPhone(server.url);
      await phone.as('POST', '/v1/account/password', { current: PASSWORD, new: `${PASSWORD} 2` });
      return phone;
    },
    when: async (phone) => {
      for (let nth = 0; nth < 150; nth += 1) {
        const screen = new Screen(server.url);
        await screen.open();
        expect((await phone.scan(screen)).status).toBe(200);
      }
    },
    then: async (_, phone) => {
      const events = (await firstPage(phone)).map(({ event }) => event);
      expect(events.slice(0, 3)).toEqual(['account.password_changed', 'session.started', 'account.registered']);
      const rows = await rowsOf(phone, 'ticket.scanned');
      expect(rows.length).toBeLessThan(70);
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(150);
    },
  });

  attack('signs in again and again with a known password: not a row for each', {
    given: () => signedInPhone(server.url),
    when: (phone) => {
      const audit = server.app.get(AuditLog, { strict: false });
      const accountId = phone.tokens!.account.id;
      // the events of the sign-ins, without the time that hashing takes
      for (let nth = 0; nth < 5_000; nth += 1) {
        audit.note({
          event: 'session.started',
          accountId,
          sessionId: crypto.randomUUID(),
          ip: `198.51.100.${nth % 250}`,
        });
      }
    },
    then: async (_, phone) => {
      const rows = await rowsOf(phone, 'session.started');
      expect(rows.length).toBeLessThan(70);
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(5_001);
    },
  });

  attack('repeats one refused call many times: the log has a few lines of it, and says how many there were', {
    given: async () => {
      const url = await createDatabase();
      const process = await startServerProcess({ DATABASE_URL: url, APP_SECRET: TEST_SECRET });
      return { process, phone: await signedInPhone(process.url) };
    },
    when: ({ process, phone }) => tryToken(phone, 300, process.url),
    then: async (_, { process }) => {
      expect(await process.stop()).toBe(0);
      const lines = linesOf(process, 'session.foreign_device');
      expect(lines.length).toBeGreaterThan(5);
      expect(lines.length).toBeLessThan(20);
      expect(lines.at(-1)).toMatchObject({ times: 100 });
    },
  });
});

function linesOf(process: ServerProcess, event: string): Record<string, unknown>[] {
  const lines = process
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line['event'] === event);
}

/** A ticket opened that many days ago, and beside it an event of an account. */
const past = (days: number) => `
  INSERT INTO audit_events (at, event, account_id, ip)
  SELECT now() - interval '${days} days', event, account_id, '203.0.113.7'
  FROM (VALUES ('ticket.opened', NULL), ('session.started', 'ada')) AS past (event, account_id)`;

async function openAndCancel(): Promise<void> {
  const screen = new Screen(server.url);
  await screen.open();
  expect((await screen.cancel()).status).toBe(204);
}

describe('a client that only opens tickets', () => {
  attack('fills the audit log for days, not for a year', {
    given: async () => {
      const url = await createDatabase();
      for (const days of [1, 6, 8, 300]) await query(url, past(days));
      return url;
    },
    when: (url) => startApp({ DATABASE_URL: url }),
    then: async (app, url) => {
      const count = async (event: string) =>
        (await query(url, `SELECT FROM audit_events WHERE event = '${event}'`)).length;
      await expect.poll(() => count('ticket.opened'), { timeout: 5_000 }).toBe(2);
      expect(await count('session.started')).toBe(4);
      await app.close();
    },
  });

  attack('and cancels them, again and again: not a row for each, and all are counted', {
    given: () => 700,
    when: async (times) => {
      for (let nth = 0; nth < times; nth += 25) await Promise.all(Array.from({ length: 25 }, openAndCancel));
    },
    then: async (_, times) => {
      await firstPage(await signedInPhone(server.url)); // writes pending events
      const rows: { count: number }[] = await server.db.query(
        `SELECT count FROM audit_events WHERE event = 'ticket.cancelled' AND account_id IS NULL`,
      );
      expect(rows.length).toBeLessThan(610);
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(times);
    },
  });

  attack('with AUDIT_TICKET_DAYS=0 leaves nothing in the database but the ticket', {
    given: () => startApp({ AUDIT_TICKET_DAYS: '0' }),
    when: async ({ url }) => {
      const [screen, phone] = [new Screen(url), await signedInPhone(url)];
      await screen.open();
      await phone.scan(screen);
      return phone.as('GET', '/v1/account/events');
    },
    then: async ({ body }, app) => {
      expect(body.events.map(({ event }: Event) => event)).toContain('ticket.scanned');
      expect(await query(app.databaseUrl, `SELECT FROM audit_events WHERE event = 'ticket.opened'`)).toEqual([]);
      await app.close();
    },
  });
});
