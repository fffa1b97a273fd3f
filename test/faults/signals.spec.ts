import { randomUUID } from 'node:crypto';
import { makeSignal, type Signal, type SignalOptions } from '@scan-login/nest/signal';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { firstValueFrom, take, timeout, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { hasRedis, type RedisServer, startRedis } from '../support/redis.js';
import { TEST_SECRET } from '../support/app.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

// One suite for every kind of signal: each keeps the promises of the interface.

Logger.overrideLogger(false);

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (hasRedis) redis = await startRedis();
});
afterAll(() => redis?.stop());

const opened: Signal[] = [];
const proxies: TcpProxy[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((signal) => signal.close()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

function open(options: SignalOptions): Signal {
  const signal = makeSignal(options);
  opened.push(signal);
  return signal;
}

/** A signal that has reported that it listens. */
async function listening(options: SignalOptions): Promise<Signal> {
  const signal = open(options);
  if (options.kind !== 'memory') await firstValueFrom(signal.gaps.pipe(take(1)));
  return signal;
}

function heard(signal: Signal, count: number, within = 3_000): Promise<string[]> {
  return firstValueFrom(signal.on('ticket').pipe(take(count), toArray(), timeout(within)));
}

async function through(options: SignalOptions): Promise<{ options: SignalOptions; proxy: TcpProxy }> {
  if (options.kind === 'memory') throw new Error('memory has no connection');
  const url = new URL(options.url);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  proxies.push(proxy);
  url.port = String(proxy.port);
  return { options: { ...options, url: url.href }, proxy };
}

const secret = TEST_SECRET;
const KINDS = [
  { name: 'postgres', make: (): SignalOptions => ({ kind: 'postgres', url: inject('postgresUrl'), secret }) },
  ...(hasRedis ? [{ name: 'redis', make: (): SignalOptions => ({ kind: 'redis', url: redis!.url, secret }) }] : []),
];

describe.each([{ name: 'memory', make: (): SignalOptions => ({ kind: 'memory' }) }, ...KINDS])(
  'signal over $name',
  ({ name, make }) => {
    it('delivers to its own process before send returns', async () => {
      const signal = open(make());
      const ids: string[] = [];
      signal.on('ticket').subscribe((id) => ids.push(id));
      signal.send('ticket', 'one');
      signal.send('session', 'two');
      expect(ids).toEqual(['one']);
    });

    it('delivers each ring once to every instance, thousands at a time', async () => {
      const here = await listening(make());
      // in memory there is one instance
      const there = name === 'memory' ? here : await listening(make());
      const ids = Array.from({ length: 3000 }, () => randomUUID());
      const arriving = heard(there, ids.length);
      for (const id of ids) here.send('ticket', id);
      expect((await arriving).toSorted()).toEqual(ids.toSorted());
    });
  },
);

describe.each(KINDS)('the connection of a signal over $name', ({ make }) => {
  it('reports a gap after it was cut, and delivers what was sent meanwhile', async () => {
    const { options, proxy } = await through(make());
    const [cut, other] = [await listening(options), await listening(make())];
    const gap = firstValueFrom(cut.gaps.pipe(timeout(5_000)));
    const late = heard(other, 1, 5_000);
    proxy.cut();
    const [lost, next] = [randomUUID(), randomUUID()];
    cut.send('ticket', lost);
    proxy.restore();
    await gap;
    expect(await late).toEqual([lost]);
    const again = heard(cut, 1, 5_000);
    other.send('ticket', next);
    expect(await again).toEqual([next]);
  });

  it('accepts what was signed with the previous secret, while the instances get a new one', async () => {
    const options = make();
    if (options.kind === 'memory') throw new Error('memory has no secret');
    const before = await listening(options);
    const after = await listening({ ...options, secret: randomUUID(), previousSecret: options.secret });
    const uuid = randomUUID();
    const heardOf = heard(after, 1);
    before.send('ticket', uuid);
    expect(await heardOf).toEqual([uuid]);
  });

  it('is closed within five seconds when the other end is silently dead', async () => {
    const { options, proxy } = await through(make());
    const signal = await listening(options);
    proxy.freeze();
    await expect.poll(() => proxy.open, { timeout: 5_000 }).toBe(0);
    const gap = firstValueFrom(signal.gaps.pipe(timeout(5_000)));
    proxy.restore();
    await gap;
  });
});

describe('signal over postgres', () => {
  it('holds one connection, and none once closed', async () => {
    const admin = new Client({ connectionString: inject('postgresUrl') });
    await admin.connect();
    const count = async () => {
      const { rows } = await admin.query(
        // other tests of the run have their own signals, in their own databases
        `SELECT 1 FROM pg_stat_activity WHERE application_name = 'scan-login signal' AND datname = current_database()`,
      );
      return rows.length;
    };
    const before = await count();
    const signal = await listening({ kind: 'postgres', url: inject('postgresUrl'), secret });
    expect(await count()).toBe(before + 1);
    await signal.close();
    await expect.poll(count).toBe(before);
    await admin.end();
  });
});
