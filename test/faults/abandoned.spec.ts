import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Fleet, startFleet } from '../support/fleet.js';
import { hasRoomFor, HeldPolls, manyTickets } from '../support/held-polls.js';
import { held, metric, waitedOn } from '../support/metrics.js';
import { many, LONG_TIMEOUTS } from '../support/rounds.js';
import type { ServerProcess } from '../support/server-process.js';

vi.setConfig(LONG_TIMEOUTS);

// Closed pages, phones that lose their network, proxies that give up: most polls are abandoned sooner or later.

const POLLS = many(500, 10_000);
let fleet: Fleet;
let server: ServerProcess;

beforeAll(async () => {
  const preload = new URL('../support/preload/heap.mjs', import.meta.url).href;
  fleet = await startFleet({ POLL_HOLD: '300', LOG_LEVEL: 'info', NODE_OPTIONS: `--import=${preload}` }, [{}]);
  server = fleet.servers[0]!;
});
afterAll(() => fleet.end());

/** Heap in use after garbage collection, in bytes. */
async function heap(): Promise<number> {
  const printed = () => [...server.output().matchAll(/"heap","used":(\d+)/g)];
  const before = printed().length;
  server.child.kill('SIGUSR2');
  await expect.poll(() => printed().length).toBeGreaterThan(before);
  return Number(printed().at(-1)![1]);
}

/** What a poll takes, besides memory. */
async function inUse() {
  const { url } = server;
  return {
    waiters: await waitedOn(url),
    timers: (await metric(url, 'nodejs_active_resources', '{type="Timeout"}')) ?? 0,
    sockets: (await metric(url, 'nodejs_active_resources', '{type="TCPSocketWrap"}')) ?? 0,
    files: (await metric(url, 'process_open_fds')) ?? 0,
  };
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

describe('P7: polls that are abandoned', () => {
  it.skipIf(!hasRoomFor(POLLS))('leave no waiter, no timer, no socket and no memory behind', async () => {
    const tickets = await manyTickets(fleet.databaseUrl, POLLS);
    const polls = new HeldPolls(server.url);
    const wave = async (how: 'reset' | 'close') => {
      polls.open(tickets);
      await held(server.url, POLLS);
      expect((await inUse()).sockets).toBeGreaterThan(POLLS);
      const hungUp = performance.now();
      polls.abandon(how);
      await expect.poll(() => waitedOn(server.url), { timeout: 10_000 }).toBe(0);
      return performance.now() - hungUp;
    };
    // the first round allocates what is kept for good: compiled code, pools, buffers
    await wave('reset');
    const before = { ...(await inUse()), heap: await heap() };
    const freed: number[] = [];
    for (const how of ['reset', 'close', 'reset', 'close', 'reset'] as const) freed.push(await wave(how));

    // a few sockets and timers come and go with the calls of the test and of the database
    const few = 10;
    const rest = async () => {
      const { waiters, timers, sockets, files } = await inUse();
      return [waiters, timers - before.timers, sockets - before.sockets, files - before.files].map((n) =>
        Math.max(0, n),
      );
    };
    await expect.poll(async () => Math.max(...(await rest())), { timeout: 10_000 }).toBeLessThanOrEqual(few);
    const after = await heap();
    expect(after).toBeLessThan(before.heap * 1.1);
    expect(polls.broken).toBe(0);
    const ms = Math.round(Math.max(...freed));
    console.log(`5 × ${POLLS} abandoned: heap ${mib(before.heap)} → ${mib(after)} MiB, freed within ${ms} ms`);
  });
});
