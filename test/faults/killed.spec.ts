import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Phone, Screen, signedInPhones } from '../support/actors.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import { lostAt, startLoad } from '../support/load.js';
import { many, LONG_TIMEOUTS } from '../support/rounds.js';
import type { ServerProcess } from '../support/server-process.js';

vi.setConfig(LONG_TIMEOUTS);

// An instance is killed at the worst moment: right after it acknowledged a confirm, before any other instance knows.

const LANES = 6;
let fleet: Fleet;
let phones: Phone[];

beforeAll(async () => {
  fleet = await startFleet({ REREAD_EVERY: '1' });
  phones = await signedInPhones(fleet.servers[0]!.url, LANES + 1);
});
afterAll(() => fleet.end());

describe('P1: an instance that is killed', () => {
  it('loses no confirm that it acknowledged: the screen hears of it at the other one, and redeems there', async () => {
    const rounds = many(2, 50);
    const [watching, ...busy] = phones as [Phone, ...Phone[]];
    let confirms = 0;
    for (let round = 0, [victim, other] = fleet.servers as [ServerProcess, ServerProcess]; round < rounds; round++) {
      const screen = new Screen(other.url);
      await screen.open();
      const { scanToken } = (await watching.at(other.url).scan(screen)).body;
      const waiting = screen.poll('scanned');
      const load = startLoad(victim.url, busy);
      await load.reached(randomInt(1, 30));
      // at once, so that the kill comes before the ring, during it or after it
      const confirm = await watching.at(victim.url).confirm(screen, scanToken);
      const killed = victim.stop('SIGKILL');
      expect(confirm.status).toBe(204);
      const successor = round + 1 < rounds && fleet.add();

      expect((await waiting).body, `round ${round}`).toMatchObject({ code: 200, status: 'confirmed' });
      expect((await screen.redeem()).status, `round ${round}`).toBe(200);
      expect(await killed).toBe('SIGKILL');
      await load.ended;
      expect(load.strange).toEqual([]);
      expect(await lostAt(other.url, load), `round ${round}`).toEqual([]);
      confirms += load.confirmed.length + 1;
      if (successor) [victim, other] = [other, await successor];
    }
    console.log(`${rounds} kills: none of ${confirms} acknowledged confirms was lost`);
  });
});
