import { randomBytes, randomUUID } from 'node:crypto';
import { poolOf } from '@scan-login/nest/common';
import { Signal } from '@scan-login/nest/signal';
import { Client } from 'pg';
import { createClient } from 'redis';
import { firstValueFrom, take, timeout } from 'rxjs';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished } from 'vitest';
import { Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { createDatabase, query } from '../support/database.js';
import { startFleet } from '../support/fleet.js';
import { call } from '../support/http.js';
import { metric } from '../support/metrics.js';
import { hasRedis, type RedisServer, startRedis } from '../support/redis.js';
import { attack } from './support/attack.js';

// The attacker may use the database, or the Redis, through which the instances tell each other of changes, and has no
// other rights there: in PostgreSQL any role that may connect may LISTEN and NOTIFY.

let redis: RedisServer | undefined;
let role: string;
beforeAll(async () => {
  if (hasRedis) redis = await startRedis();
  role = `stranger_${randomBytes(4).toString('hex')}`;
  await query(inject('postgresUrl'), `CREATE ROLE ${role} LOGIN PASSWORD 'stranger'`);
});
afterAll(async () => {
  await redis?.stop();
  await query(inject('postgresUrl'), `DROP ROLE ${role}`);
});

/** What a client with access to the channel can do. */
interface Stranger {
  say(text: string): Promise<unknown>;
  /** Everything that was sent on the channel since. */
  heard: string[];
}

async function strangerInPostgres(databaseUrl: string): Promise<Stranger> {
  const url = new URL(databaseUrl);
  Object.assign(url, { username: role, password: 'stranger' });
  const client = new Client({ connectionString: url.href });
  const heard: string[] = [];
  client.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('LISTEN scan_login');
  return { heard, say: (text) => client.query('SELECT pg_notify($1, $2)', ['scan_login', text]) };
}

async function strangerInRedis(): Promise<Stranger> {
  const client = createClient({ url: redis!.url, RESP: 3 });
  const shards = Array.from({ length: 16 }, (_, shard) => `scan-login:signal:{${shard}}`);
  const heard: string[] = [];
  await client.connect();
  onTestFinished(() => client.destroy());
  await client.sSubscribe(shards, (text) => heard.push(text));
  return { heard, say: (text) => client.sPublish(shards[0]!, text) };
}

const CHANNELS = [
  { name: 'PostgreSQL', environment: () => ({}), stranger: strangerInPostgres },
  ...(hasRedis ? [{ name: 'Redis', environment: () => ({ REDIS_URL: redis!.url }), stranger: strangerInRedis }] : []),
];

const NUL = '\u0000';

/** Hostile messages; `sender` is the id of an instance, which the attacker reads on the channel. */
function hostileTexts(sender: string): string[] {
  const [self, uuid] = [sender, randomUUID()];
  return [
    '',
    ' ',
    self,
    `${self} `,
    `${self} not-a-number`,
    `${self} NaN ticket:${uuid}`,
    `${self} -1e300 ticket:${uuid}`,
    `${self} 0 ticket:${uuid}`,
    `${uuid} 1 weather:${uuid}`,
    `${uuid} 1 __proto__:${uuid} constructor:${uuid}`,
    `${uuid} 1 ticket:`,
    `${uuid} 1 ticket:' OR true; -- session:%s keys:../../etc/passwd`,
    `${uuid} 1 ${Array.from({ length: 150 }, () => `ticket:${uuid}`).join(' ')}`,
    `${uuid} 1 ${'ticket:x'.repeat(900)}`,
  ];
}

/** Instances in this process, so that a test can see what they receive. */
async function twoInstances(channel: (typeof CHANNELS)[number]) {
  const one = await startApp(channel.environment());
  const other = await startApp({ ...channel.environment(), DATABASE_URL: one.databaseUrl });
  for (const app of [one, other]) onTestFinished(() => app.close());
  const [here, there] = [one, other].map(({ app }) => app.get<Signal>(Signal, { strict: false })) as [Signal, Signal];
  const stranger = await channel.stranger(one.databaseUrl);
  await ringFrom(here, there);
  await ringFrom(there, here);
  return { one, other, here, there, stranger };
}

/** Resolves when a ring has arrived at the other end, and with it everything sent before. */
async function ringFrom(here: Signal, there: Signal): Promise<void> {
  const uuid = randomUUID();
  const rings = new Promise<void>((resolve) => {
    const hearing = there.on('ticket').subscribe((id) => id === uuid && resolve());
    onTestFinished(() => hearing.unsubscribe());
  });
  const again = setInterval(() => here.send('ticket', uuid), 100); // until both are linked
  here.send('ticket', uuid);
  await rings.finally(() => clearInterval(again));
}

/** The id of the instance that each message names as its sender. */
function senderIn(texts: string[]): string {
  return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(texts[0]!)![0];
}

function acquiredBy({ db }: RunningApp): { times: number } {
  const count = { times: 0 };
  const pool = poolOf(db);
  const counting = () => (count.times += 1);
  pool.on('acquire', counting);
  onTestFinished(() => void pool.off('acquire', counting));
  return count;
}

describe.each(CHANNELS)('a stranger on the signal channel in $name', (channel) => {
  attack('sends invalid numbers, topics and ids: no instance crashes, and its figures stay true', {
    given: async () => {
      const databaseUrl = await createDatabase();
      const fleet = await startFleet({ ...channel.environment(), DATABASE_URL: databaseUrl });
      onTestFinished(() => fleet.end());
      const stranger = await channel.stranger(databaseUrl);
      const [here, there] = fleet.servers.map(({ url }) => url) as [string, string];
      const phone = await signedInPhone(here);
      const screen = new Screen(there);
      await screen.open();
      await phone.scan(screen);
      await expect.poll(() => stranger.heard.length).toBeGreaterThan(0);
      return { fleet, here, there, phone, screen, stranger };
    },
    when: async ({ there, screen, stranger }) => {
      const waiting = screen.poll('scanned');
      await expect.poll(() => metric(there, 'scan_login_polls_held')).toBe(1);
      const texts = hostileTexts(senderIn(stranger.heard));
      for (const text of texts) await stranger.say(text);
      if (channel.name === 'Redis') for (const text of texts) await stranger.say(NUL + text + NUL);
      if (channel.name === 'Redis') await stranger.say('x'.repeat(5_000_000));
      // wrapped, since returning the promise itself would await it
      return { waiting };
    },
    then: async ({ waiting }, { fleet, here, there, phone, screen }) => {
      expect((await phone.confirm(screen)).status).toBe(204);
      expect(await waiting).toMatchObject({ status: 200, body: { code: 200, status: 'confirmed' } });
      for (const { child } of fleet.servers) expect([child.exitCode, child.signalCode]).toEqual([null, null]);
      for (const url of [here, there]) {
        expect((await call('GET', `${url}/readyz`)).status).toBe(200);
        const lag = (await metric(url, 'scan_login_signal_lag_seconds_sum'))!;
        expect(lag).toBeGreaterThanOrEqual(0);
        expect(lag).toBeLessThan(5);
        expect(await metric(url, 'scan_login_signal_dropped_total')).toBeGreaterThan(10);
      }
    },
  });

  attack('forges rings in the form that instances use: none is accepted, and those of instances are', {
    given: () => twoInstances(channel),
    when: async ({ here, there, stranger }) => {
      const heard: string[] = [];
      for (const topic of ['ticket', 'session', 'keys'] as const) {
        const hearing = there.on(topic).subscribe((id) => heard.push(id));
        onTestFinished(() => hearing.unsubscribe());
      }
      const uuid = randomUUID();
      const kid = randomBytes(32).toString('base64url');
      const rings = `ticket:${uuid} session:${uuid} keys:${kid}`;
      await stranger.say(`${randomUUID()} 1 ${rings}`);
      // a message of an instance with other content
      const text = stranger.heard.find((each) => each.includes('ticket:'))!;
      await stranger.say(text.replace(/ticket:\S+/, rings));
      await ringFrom(here, there);
      return { heard, made: [uuid, kid] };
    },
    then: ({ heard, made }) => {
      for (const id of made) expect(heard).not.toContain(id);
      expect(heard.length).toBeGreaterThan(0);
    },
  });

  attack('replays a message of an instance: its lag is measured once, and the keys are not read for each replay', {
    given: async () => {
      const stage = await twoInstances(channel);
      const lags: number[] = [];
      const hearing = stage.here.lag.subscribe((ms) => lags.push(ms));
      onTestFinished(() => hearing.unsubscribe());
      const measured = firstValueFrom(stage.here.lag.pipe(take(1), timeout(5_000)));
      stage.here.send('keys', randomBytes(32).toString('base64url'));
      await measured;
      await expect.poll(() => stage.stranger.heard.some((text) => text.includes('keys:'))).toBe(true);
      await ringFrom(stage.here, stage.there);
      return { ...stage, lags };
    },
    when: async ({ other, here, there, stranger, lags }) => {
      const text = stranger.heard.find((each) => each.includes('keys:'))!;
      const [before, acquired] = [lags.length, acquiredBy(other)];
      for (let times = 0; times < 200; times += 1) await stranger.say(text);
      await ringFrom(there, here);
      return { more: lags.length - before, reads: acquired.times };
    },
    then: ({ more, reads }) => {
      // one of its own may still have been in flight
      expect(more).toBeLessThan(2);
      expect(reads).toBeLessThan(20);
    },
  });
});
