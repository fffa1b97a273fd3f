import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { signedInPhone, signedInScreen } from '../support/actors.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import { call } from '../support/http.js';
import { hasRoomFor, HeldPolls, manyTickets } from '../support/held-polls.js';
import { held, metric } from '../support/metrics.js';
import { many, LONG_TIMEOUTS } from '../support/rounds.js';
import type { ServerProcess } from '../support/server-process.js';

vi.setConfig(LONG_TIMEOUTS);

const POLLS = many(1_000, 15_000);
const WAVE = many(500, 5_000);
/** So few connections that a poll which kept one would block every other call. */
const POOL = 2;
let fleet: Fleet;
let server: ServerProcess;
let database: Client;

beforeAll(async () => {
  fleet = await startFleet({ DATABASE_POOL: String(POOL), POLL_HOLD: '300', REREAD_EVERY: '60' }, [{}]);
  server = fleet.servers[0]!;
  database = new Client({ connectionString: fleet.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await fleet.end();
});

/** Connections of the server to its database, and the active ones among them. */
async function connections() {
  const { rows } = await database.query<{ open: number; busy: number }>(
    `SELECT count(*)::int AS open, count(*) FILTER (WHERE state <> 'idle')::int AS busy FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  return rows[0]!;
}

describe.skipIf(!hasRoomFor(POLLS))('P3: held polls', () => {
  const polls = { lasting: [] as HeldPolls[] };

  it(`use no database connection: ${POLLS} of them, and all others have the whole pool`, async () => {
    const tickets = await manyTickets(fleet.databaseUrl, POLLS - WAVE);
    const lasting = new HeldPolls(server.url);
    const began = performance.now();
    lasting.open(tickets);
    const coming = await manyTickets(fleet.databaseUrl, WAVE);
    const wave = new HeldPolls(server.url);
    wave.open(coming);
    await held(server.url, POLLS);
    const came = performance.now() - began;

    await expect.poll(connections).toEqual({ open: POOL + 1, busy: 0 }); // one of them listens for signals
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    expect((await screen.account()).status).toBe(200);
    const memory = ((await metric(server.url, 'process_resident_memory_bytes')) ?? 0) / 2 ** 20;
    console.log(`${POLLS} polls held after ${Math.round(came)} ms, in ${Math.round(memory)} MiB`);

    // the network is cut for all at once, and all come back; the others leave first, so that old and new connections
    // fit
    lasting.abandon('close');
    await held(server.url, WAVE);
    const cut = performance.now();
    wave.abandon('reset');
    const again = new HeldPolls(server.url);
    again.open(coming);
    polls.lasting.push(again);
    const seen = performance.now();
    expect((await call('GET', `${server.url}/livez`)).status).toBe(200);
    const alive = performance.now() - seen;
    // a poll has its own connection: when the numbers match, the old ones are gone and the new ones are there
    const surplus = async () => (await metric(server.url, 'nodejs_active_resources', '{type="TCPSocketWrap"}'))! - WAVE;
    await expect.poll(surplus, { timeout: 300_000 }).toSatisfy((sockets: number) => sockets >= 0 && sockets < 50);
    expect(again.broken).toBe(0);
    await held(server.url, WAVE);
    const ms = [performance.now() - cut, alive].map(Math.round);
    console.log(`a wave of ${WAVE}, cut and back: held after ${ms[0]} ms, another call answered after ${ms[1]} ms`);
  });

  it('are all answered when the server goes down', async () => {
    const told = performance.now();
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(performance.now() - told).toBeLessThan(10_000);
    const responses = (await Promise.all(polls.lasting.map((some) => some.responses()))).flat();
    expect(responses).toHaveLength(WAVE);
    expect(responses.filter(({ status, body }) => status !== 200 || body?.code !== 408)).toEqual([]);
  });
});
