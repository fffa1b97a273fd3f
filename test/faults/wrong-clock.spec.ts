import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { codeIn, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import type { ServerProcess } from '../support/server-process.js';
import { LONG_TIMEOUTS } from '../support/rounds.js';

vi.setConfig(LONG_TIMEOUTS);

// Machines without clock synchronization. An access token lives for ten minutes.

const TEN_MINUTES_MS = 600_000;
const LIFE_S = 3;
let fleet: Fleet;

beforeAll(async () => {
  const preload = new URL('../support/preload/shifted-clock.mjs', import.meta.url).href;
  const off = (ms: number) => ({ NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT_MS: String(ms) });
  fleet = await startFleet({}, [off(TEN_MINUTES_MS), off(-TEN_MINUTES_MS)]);
});
afterAll(() => fleet.end());

const CLOCKS = ['fast', 'slow'];

describe('an instance whose clock is', () => {
  it.each(CLOCKS)('ten minutes %s lets people sign in, and its tokens are valid at the other', async (clock) => {
    const at = fleet.servers[CLOCKS.indexOf(clock)]!;
    const phone = await signedInPhone(at.url);
    const screen = await signedInScreen(at.url, phone);
    for (const { url } of fleet.servers) {
      expect(await screen.at(url).account(), url).toMatchObject({ status: 200 });
      expect(await phone.at(url).sessions(), url).toMatchObject({ status: 200 });
    }
    // and a login with its steps at alternating instances
    const [one, two] = fleet.servers as [ServerProcess, ServerProcess];
    const other = new Screen(one.url);
    await other.open();
    const waiting = other.at(two.url).poll();
    const { scanToken } = (await phone.at(one.url).scan(other)).body;
    expect((await waiting).body).toMatchObject({ code: 201 });
    expect((await phone.at(two.url).confirm(other, scanToken)).status).toBe(204);
    expect((await other.at(at.url).redeem()).status).toBe(200);
  });

  it('wrong shows the same code as the other, which is valid at both, and changes by the clock of the database', async () => {
    const [fast, slow] = fleet.servers as [ServerProcess, ServerProcess];
    for (const [one, two] of [
      [fast, slow],
      [slow, fast],
    ] as const) {
      const screen = Object.assign(new Screen(one.url), { rotates: true });
      const { rotatesIn } = (await screen.open()).body;
      expect(rotatesIn).toBe(30);
      const { body } = await screen.at(two.url).code();
      expect(codeIn(body.qrUrl)).toBe(codeIn(screen.qrUrl));
      expect(body.rotatesIn).toBeLessThanOrEqual(30);
      const phone = await signedInPhone(two.url);
      expect((await phone.scan(screen)).status).toBe(200);
    }
  });

  it('wrong measures the life of a ticket by the clock of the database, and answers its held polls when it ends', async () => {
    const database = new Client({ connectionString: fleet.databaseUrl });
    await database.connect();
    await Promise.all(
      fleet.servers.map(async ({ url }) => {
        const screen = new Screen(url);
        const { body } = await screen.open();
        const { rows } = await database.query<{ left: number }>(
          'SELECT extract(epoch FROM $1::timestamptz - now())::float AS left',
          [body.expiresAt],
        );
        expect(rows[0]!.left).toBeGreaterThan(60);
        expect(rows[0]!.left).toBeLessThanOrEqual(120);
        await database.query('UPDATE tickets SET expires_at = now() + make_interval(secs => $2) WHERE uuid = $1', [
          screen.uuid,
          LIFE_S,
        ]);
        const waiting = screen.poll();
        expect((await screen.poll('scanned')).body).toMatchObject({ status: 'pending' });
        expect((await waiting).body).toMatchObject({ code: 400, status: 'expired' });
        const over = await database.query<{ over: boolean }>(
          'SELECT expires_at <= now() AS over FROM tickets WHERE uuid = $1',
          [screen.uuid],
        );
        expect(over.rows[0]!.over).toBe(true);
      }),
    );
    await database.end();
  });
});
