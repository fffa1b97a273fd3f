import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HeldCalls } from '../../apps/server/src/limits/held-calls.js';
import { Screen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { metric } from '../support/metrics.js';
import { refusal } from './support/answers.js';
import { attack } from './support/attack.js';

// Each held call takes a connection and memory, and counts as one call however long it lasts.

const HELD = 3;
let server: RunningApp;

beforeAll(async () => {
  server = await startApp({ TRUST_PROXY: 'loopback', POLLS_HELD_PER_ADDRESS: String(HELD) });
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  expect(server.app.get(HeldCalls).size).toBe(0);
  await server.close();
});

const from = (address: string) => ({ 'x-forwarded-for': address });

/** Screens whose tickets are opened from this machine, which is not limited. */
async function screens(count: number): Promise<Screen[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const screen = new Screen(server.url);
      await screen.open();
      return screen;
    }),
  );
}

function hold({ uuid, secret }: Screen, what: 'status?wait=20' | 'events', ip: string, signal?: AbortSignal) {
  const headers = { ...from(ip), 'x-ticket-secret': secret };
  return fetch(`${server.url}/v1/tickets/${uuid}/${what}`, { headers, signal });
}

const held = () => metric(server.url, 'scan_login_polls_held');

describe('calls that are held', () => {
  for (const what of ['status?wait=20', 'events'] as const) {
    attack(`${what.split('?')[0]} calls that stay open, one after another from one address: refused past the limit`, {
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

  attack('polls pipelined on one connection that is then closed: none stays held', {
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
