import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Phone, Screen, signedInPhones } from '../support/actors.js';
import { query } from '../support/database.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import { call } from '../support/http.js';
import { lostAt, startLoad } from '../support/load.js';
import { held } from '../support/metrics.js';
import { many, LONG_TIMEOUTS } from '../support/rounds.js';
import { SlowBodies } from '../support/slow-bodies.js';
import type { ServerProcess } from '../support/server-process.js';

vi.setConfig(LONG_TIMEOUTS);

// A deployment: one instance after the other is told to stop, with people in the middle of their logins.

const LANES = 6;
const WAITING = 40;
const UNHEARD_OF = `
  SELECT uuid FROM tickets
  WHERE uuid NOT IN (SELECT ticket_uuid FROM audit_events WHERE event = 'ticket.opened')`;
let fleet: Fleet;
let phones: Phone[];

beforeAll(async () => {
  fleet = await startFleet();
  phones = await signedInPhones(fleet.servers[0]!.url, LANES);
});
afterAll(() => fleet.end());

async function waitingScreens({ url }: ServerProcess): Promise<Screen[]> {
  const screens = Array.from({ length: WAITING }, () => new Screen(url));
  await Promise.all(screens.map((screen) => screen.open()));
  return screens;
}

describe('P6: an instance that gets SIGTERM under load', () => {
  it('is not ready at once, answers held calls, finishes running ones, exits within 10 s and has lost nothing', async () => {
    const rounds = many(1, 20);
    let logins = 0;
    for (let round = 0, [leaving, staying] = fleet.servers as [ServerProcess, ServerProcess]; round < rounds; round++) {
      const screens = await waitingScreens(leaving);
      const polls = screens.map((screen) => screen.poll());
      await held(leaving.url, WAITING);
      // a call that has begun, and cannot end before the test lets it
      const slow = new SlowBodies(leaving.url);
      slow.open(1);
      const load = startLoad(leaving.url, phones);
      await load.reached(20);

      const told = performance.now();
      const exit = leaving.stop('SIGTERM');
      await expect.poll(() => leaving.output(), { interval: 5 }).toContain('"server.stopping"');
      for (const path of ['/readyz', '/openapi.json', '/v1/account']) {
        const response = await call('GET', leaving.url + path);
        expect(response, path).toMatchObject({ status: 503, body: { code: 'unavailable' } });
        expect(response.headers.get('connection'), path).toBe('close');
      }
      expect((await call('GET', `${leaving.url}/livez`)).status).toBe(200);
      for (const response of await Promise.all(polls)) {
        expect(response).toMatchObject({ status: 200, body: { code: 408, status: 'pending' } });
      }
      await load.ended;
      slow.finish();
      expect(await slow.statuses()).toEqual([201]);
      expect(await exit).toBe(0);
      expect(performance.now() - told).toBeLessThan(10_000);

      // the audit log has the last events too
      expect(await query(fleet.databaseUrl, UNHEARD_OF)).toEqual([]);
      expect(load.strange).toEqual([]);
      expect(await lostAt(staying.url, load), `round ${round}`).toEqual([]);
      // interrupted polls go on at another instance
      const [screen, phone] = [screens[0]!.at(staying.url), phones[0]!.at(staying.url)];
      const waiting = screen.poll();
      expect((await phone.scan(screen)).status).toBe(200);
      expect((await waiting).body).toMatchObject({ code: 201 });
      logins += load.confirmed.length;
      if (round + 1 < rounds) [leaving, staying] = [staying, await fleet.add()];
    }
    console.log(`${rounds} stops: none of ${logins} acknowledged confirms was lost`);
  });

  it('exits within 10 s even with clients that never finish their request', async () => {
    const leaving = fleet.servers.at(-1)!;
    const slow = new SlowBodies(leaving.url);
    slow.open(100);
    const idle = net.connect(Number(new URL(leaving.url).port), '127.0.0.1').on('error', () => {});
    await once(idle, 'connect');
    await slow.begun();
    const told = performance.now();
    expect(await leaving.stop('SIGTERM')).toBe(0);
    expect(performance.now() - told).toBeLessThan(10_000);
  });
});
