import { Client } from 'pg';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { Phone, Screen, signedInPhone, signedInPhones, signedInScreen } from '../support/actors.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import { lostAt, startLoad } from '../support/load.js';
import { held, metric } from '../support/metrics.js';
import { many, LONG_TIMEOUTS } from '../support/rounds.js';
import { SlowBodies } from '../support/slow-bodies.js';

vi.setConfig(LONG_TIMEOUTS);

// What makes the server wait: clients that do not finish their request, and a locked table.

const [SLOW, POOL] = [300, 10];
let fleets: { slow: Fleet; locked: Fleet };
let phones: Phone[];

beforeAll(async () => {
  const [slow, locked] = await Promise.all([startFleet({}, [{}]), startFleet({ DATABASE_POOL: String(POOL) }, [{}])]);
  fleets = { slow, locked };
  phones = await signedInPhones(slow.servers[0]!.url, 4);
});
afterAll(() => Promise.all(Object.values(fleets).map((fleet) => fleet.end())));

describe('three hundred clients that send half of a body', () => {
  it.concurrent('delay no login, and are told after 15 s that they took too long', async ({ expect }) => {
    const { url } = fleets.slow.servers[0]!;
    const slow = new SlowBodies(url);
    const began = performance.now();
    slow.open(SLOW);
    await slow.begun();
    const load = startLoad(url, phones);
    await load.reached(many(40, 1_000));
    await load.stop();
    expect(load.strange).toEqual([]);
    expect(load.redeemed).toHaveLength(load.confirmed.length);

    expect(new Set(await slow.statuses())).toEqual(new Set([408]));
    const took = performance.now() - began;
    // the body timeout, the interval of the check, and a margin for a busy machine
    expect(took).toBeLessThan(25_000);
    await expect.poll(() => metric(url, 'nodejs_active_resources', '{type="TCPSocketWrap"}')).toBeLessThan(SLOW / 2);
    expect(await lostAt(url, load)).toEqual([]);
    console.log(`${SLOW} slow bodies were refused after ${Math.round(took)} ms`);
  });
});

describe('while the table of tickets is locked', () => {
  it.concurrent('calls that need it are told to retry, and all others go on', async ({ expect }) => {
    const { databaseUrl, servers } = fleets.locked;
    const { url } = servers[0]!;
    const phone = await signedInPhone(url);
    const signedIn = await signedInScreen(url, phone);
    const [screen, decided] = [new Screen(url), new Screen(url)];
    await Promise.all([screen.open(), decided.open()]);
    const { scanToken } = (await phone.scan(decided)).body;
    const waiting = screen.poll();
    await held(url, 1);
    const other = new Client({ connectionString: databaseUrl });
    await other.connect();
    await other.query('BEGIN; LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE');

    const moves = {
      open: () => new Screen(url).open(),
      poll: () => decided.poll('pending'),
      scan: () => phone.scan(screen),
      confirm: () => phone.confirm(decided, scanToken),
      redeem: () => decided.redeem(),
      cancel: () => decided.cancel(),
    };
    const began = performance.now();
    const refused = Object.entries(moves).map(async ([name, move]) => ({ name, response: await move() }));
    // fewer calls wait for the table than there are connections, so some are left for the others
    expect((await phone.account()).status).toBe(200);
    expect((await signedIn.sessions()).status).toBe(200);
    expect((await new Phone(url, phone.username).signIn()).status).toBe(201);
    // more than there are connections
    const crowd = Array.from({ length: 5 * POOL }, () => new Screen(url).open());
    for (const { name, response } of await Promise.all(refused)) {
      expect(response, name).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(Number(response.headers.get('retry-after')), name).toBeGreaterThan(0);
    }
    const took = performance.now() - began;
    for (const { status } of await Promise.all(crowd)) expect(status).toBe(503);
    console.log(`calls on a locked table were refused after ${Math.round(took)} ms`);

    await other.query('ROLLBACK');
    await other.end();
    const { body } = await phone.scan(screen);
    expect((await waiting).body).toMatchObject({ code: 201, status: 'scanned' });
    expect((await phone.confirm(screen, body.scanToken)).status).toBe(204);
    expect((await screen.redeem()).status).toBe(200);
    expect((await phone.confirm(decided, scanToken)).status).toBe(204);
  });
});
