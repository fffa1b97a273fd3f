import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { Screen, signedInPhone } from '../support/actors.js';
import { TEST_SECRET } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { many } from '../support/rounds.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

/** Inserts tickets that ended that long ago. */
const openTickets = (count: number, minutesOver: number) => `
  INSERT INTO tickets (uuid, secret_hash, created_at, expires_at, decide_until, device_id, device_type, ip)
  SELECT gen_random_uuid(), sha256(n::text::bytea), now(), at, at, 'screen-' || n, 'web', '192.0.2.1'
  FROM generate_series(1, ${count}) AS n, LATERAL (SELECT now() - make_interval(mins => ${minutesOver}, secs => n * 0.001) AS at) AS t`;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function connected(url: string) {
  const client = new Client({ connectionString: url });
  await client.connect();
  cleanups.push(() => client.end());
  return {
    query: async <Row>(sql: string, parameters: unknown[] = []) => (await client.query(sql, parameters)).rows as Row[],
  };
}

async function start(url: string): Promise<ServerProcess> {
  const environment = { DATABASE_URL: url, APP_SECRET: TEST_SECRET, LOG_LEVEL: 'debug' };
  const server = await startServerProcess(environment);
  cleanups.push(() => server.stop());
  return server;
}

/** What the servers log as removed. */
function removedBy(servers: ServerProcess[], table: string): number {
  const lines = servers.flatMap((server) => server.output().split('\n')).filter((line) => line.includes('"swept"'));
  const swept = lines.map((line) => JSON.parse(line) as { table: string; removed: number });
  return swept.filter((each) => each.table === table).reduce((sum, { removed }) => sum + removed, 0);
}

describe('sweeping', () => {
  it(
    'keeps up with far more than a thousand tickets a second, and slows no other call',
    { timeout: 120_000 },
    async () => {
      const [old, late, live] = [many(20_000, 100_000), 1_000, 1_000];
      const url = await createDatabase();
      const db = await connected(url);
      await db.query(openTickets(late, 5)); // over, but a late call still learns how it ended
      await db.query(openTickets(live, -60));
      const count = async (where: string) =>
        (await db.query<{ count: number }>(`SELECT count(*)::int AS count FROM tickets WHERE ${where}`))[0]!.count;
      const left = () => count(`expires_at < now() - interval '10 minutes'`);

      const servers = await Promise.all([start(url), start(url)]);
      const phone = await signedInPhone(servers[0].url);
      await db.query(openTickets(old, 11));
      const began = performance.now();
      const times: number[] = [];
      /** When the first removal was seen, and how many tickets were left then. */
      let seen: { left: number; at: number } | undefined;
      const screens: Screen[] = [];
      for (let rest = await left(); rest > 0; rest = await left()) {
        if (rest < old) seen ??= { left: rest, at: performance.now() };
        const screen = new Screen(servers[screens.length % 2]!.url);
        screens.push(screen);
        const calls = [
          await screen.open(),
          await phone.scan(screen),
          await phone.confirm(screen),
          await screen.redeem(),
        ];
        expect(calls.map(({ status }) => status)).toEqual([201, 200, 204, 200]);
        times.push(...calls.map(({ ms }) => ms));
        expect(performance.now() - began, 'far slower than they come').toBeLessThan(100_000);
      }
      const seconds = seen && (performance.now() - seen.at) / 1000;
      times.sort((a, b) => a - b);
      process.stdout.write(
        `sweeping: ${seen ? `${seen.left} tickets in ${seconds!.toFixed(1)} s, ${Math.round(seen.left / seconds!)} a second; ` : ''}` +
          `${times.length} calls meanwhile, median ${times[times.length >> 1]?.toFixed(0)} ms, longest ${times.at(-1)?.toFixed(0)} ms\n`,
      );

      await expect.poll(() => removedBy(servers, 'tickets'), { timeout: 10_000 }).toBe(old);
      expect(await count(`device_id LIKE 'screen-%' AND expires_at > now()`)).toBe(live);
      expect(await count(`device_id LIKE 'screen-%' AND expires_at < now()`)).toBe(late);
      for (const screen of screens) expect((await screen.poll('pending', { wait: 1 })).body.status).toBe('redeemed');
      for (const server of servers) expect(server.output()).not.toContain('sweep.failed');
      const [{ deadlocks }] = (await db.query<{ deadlocks: string }>(
        'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
      )) as [{ deadlocks: string }];
      expect(Number(deadlocks)).toBe(0);
    },
  );

  it('removes sessions with all their refresh tokens, and none that live or ended lately', async () => {
    const url = await createDatabase();
    const db = await connected(url);
    const addSessions = (count: number, endedDaysAgo: number | null, expiresInDays: number) =>
      db.query(
        `WITH added AS (
           INSERT INTO sessions (id, account_id, device_id, device_type, ip, idle_for, expires_at, ended_at)
           SELECT gen_random_uuid(), 'account-' || n, 'device', 'web', '::1', 1800,
             now() + make_interval(days => $2), now() - make_interval(days => $1)
           FROM generate_series(1, ${count}) AS n RETURNING id
         )
         INSERT INTO refresh_tokens (hash, session_id, created_at)
         SELECT sha256((id::text || n)::bytea), id, now() - interval '9 days' FROM added, generate_series(1, 3) AS n`,
        [endedDaysAgo, expiresInDays],
      );
    await addSessions(2_500, 8, 1); // ended
    await addSessions(2_500, null, -8); // expired
    await addSessions(10, 6, 1);
    await addSessions(10, null, -6);
    await addSessions(10, null, 1);
    const server = await start(url);
    const counts = async () =>
      (
        await db.query<object>(
          `SELECT (SELECT count(*) FROM sessions)::int AS sessions, (SELECT count(*) FROM refresh_tokens)::int AS tokens`,
        )
      )[0];
    await expect.poll(counts, { timeout: 20_000 }).toEqual({ sessions: 30, tokens: 90 });
    expect(server.output()).not.toContain('sweep.failed');
  });

  it('forgets screens on which an account has not signed in for 90 days, and no others', async () => {
    const url = await createDatabase();
    const db = await connected(url);
    const addScreens = (count: number, days: number) =>
      db.query(
        `INSERT INTO known_screens (id, account_id, device_id, signed_in_at)
         SELECT gen_random_uuid(), 'account-' || n, 'screen-' || $1::int, now() - make_interval(days => $1)
         FROM generate_series(1, ${count}) AS n`,
        [days],
      );
    await addScreens(2_500, 91);
    await addScreens(10, 89);
    const server = await start(url);
    const count = async () => (await db.query<object>(`SELECT count(*)::int AS left FROM known_screens`))[0];
    await expect.poll(count, { timeout: 20_000 }).toEqual({ left: 10 });
    expect(server.output()).not.toContain('sweep.failed');
  });
});
