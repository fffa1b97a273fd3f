import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Phone, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { createDatabase } from '../support/database.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import { many, LONG_TIMEOUTS } from '../support/rounds.js';
import { hasRedis, type RedisServer, startRedis } from '../support/redis.js';
import type { ServerProcess } from '../support/server-process.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

vi.setConfig(LONG_TIMEOUTS);

// What instances tell each other is a hint: without it they lose time, and not much of it.

/** The screen's instance is `there`, the phone's is `here`, and the connection between them breaks. */
interface Stage {
  here: ServerProcess;
  there: ServerProcess;
  phone: Phone;
  breakIt: () => void;
  restoreIt: () => void;
}

const fleets: Fleet[] = [];
const proxies: TcpProxy[] = [];
let redis: RedisServer | undefined;
const stages: Record<string, Stage> = {};

async function overPostgres(): Promise<void> {
  const databaseUrl = await createDatabase();
  const url = new URL(databaseUrl);
  const through = async () => {
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    proxies.push(proxy);
    const listenUrl = new URL(url);
    listenUrl.port = String(proxy.port);
    return { proxy, environment: { DATABASE_LISTEN_URL: listenUrl.href } };
  };
  const [cut, frozen] = [await through(), await through()];
  const fleet = await startFleet({ DATABASE_URL: databaseUrl }, [{}, cut.environment, frozen.environment]);
  fleets.push(fleet);
  const [here, withCut, withFrozen] = fleet.servers as [ServerProcess, ServerProcess, ServerProcess];
  const phone = () => signedInPhone(here.url);
  stages['is cut'] = {
    here,
    there: withCut,
    phone: await phone(),
    breakIt: () => cut.proxy.cut(),
    restoreIt: () => cut.proxy.restore(),
  };
  stages['is silently dead'] = {
    here,
    there: withFrozen,
    phone: await phone(),
    breakIt: () => frozen.proxy.freeze(),
    restoreIt: () => frozen.proxy.restore(),
  };
}

async function overRedis(): Promise<void> {
  const { url: REDIS_URL, pid } = (redis = await startRedis());
  const fleet = await startFleet({ REDIS_URL });
  fleets.push(fleet);
  const [here, there] = fleet.servers as [ServerProcess, ServerProcess];
  stages['leads through a paused Redis'] = {
    here,
    there,
    phone: await signedInPhone(here.url),
    breakIt: () => process.kill(pid, 'SIGSTOP'),
    restoreIt: () => process.kill(pid, 'SIGCONT'),
  };
}

beforeAll(() => Promise.all([overPostgres(), hasRedis && overRedis()]));
afterAll(async () => {
  await Promise.all(fleets.map((fleet) => fleet.end()));
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await redis?.stop();
});

const FAILURES = ['is cut', 'is silently dead', ...(hasRedis ? ['leads through a paused Redis'] : [])];

function linksOf(server: ServerProcess): number {
  return server.output().split('"signal.linked"').length - 1;
}

function most(ms: number[]): number {
  return Math.round(Math.max(...ms));
}

/** Ends a session at one instance, and uses it at another meanwhile. @returns ms until it was refused there */
async function refusedAfter(session: Phone | Screen, at: string, by: Phone): Promise<number> {
  const there = session.at(at);
  expect((await there.account()).status).toBe(200);
  const ended = await by.as('DELETE', `/v1/sessions/${session.tokens!.session.id}`);
  expect(ended.status).toBe(204);
  const since = performance.now();
  for (;;) {
    const began = performance.now() - since;
    const { status, body } = await there.account();
    if (status !== 200) {
      expect({ status, body }).toMatchObject({ status: 401, body: { code: 'session_ended', reason: 'revoked' } });
      return began;
    }
    expect(began, 'a call that was let in').toBeLessThan(1_000);
  }
}

describe('P5: when the signal connection', () => {
  it.concurrent.for(FAILURES)(
    '%s, held polls end within 5 s, and ended sessions are refused within 1 s',
    async (failure, context) => {
      const { here, there, phone, breakIt, restoreIt } = stages[failure]!;
      const sessions = await Promise.all(
        Array.from({ length: 2 * many(2, 10) }, () => signedInScreen(here.url, phone, 'web')),
      );
      const screen = new Screen(there.url);
      await screen.open();
      const links = linksOf(there);
      const took: Record<string, number[]> = { polls: [], ends: [] };

      breakIt();
      for (const [nth, session] of sessions.entries()) {
        // ended at one of the two, and used at the other
        const [by, at] = nth % 2 === 0 ? [here, there] : [there, here];
        took['ends']!.push(await refusedAfter(session, at.url, phone.at(by.url)));
      }
      for (let round = 0; round < many(1, 10); round++) {
        await screen.open();
        let moved = 0;
        const answered = async (known: string) => {
          const { body } = await screen.poll(known);
          took['polls']!.push(performance.now() - moved);
          return body;
        };
        const scanned = answered('pending');
        // before the call: the poll may end before the call does
        moved = performance.now();
        const { scanToken } = (await phone.scan(screen)).body;
        expect(await scanned).toMatchObject({ code: 201, status: 'scanned' });
        const confirmed = answered('scanned');
        moved = performance.now();
        expect((await phone.confirm(screen, scanToken)).status).toBe(204);
        expect(await confirmed).toMatchObject({ code: 200, status: 'confirmed' });
      }
      for (const ms of took['polls']!) expect(ms).toBeLessThan(5_000);
      expect(linksOf(there)).toBe(links); // no connection came back meanwhile

      restoreIt();
      await context.expect.poll(() => linksOf(there), { timeout: 10_000 }).toBeGreaterThan(links);
      console.log(
        `${failure}: answered after ${most(took['polls']!)} ms, refused after ${most(took['ends']!)} ms at most`,
      );
    },
  );
});
