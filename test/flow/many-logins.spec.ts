import { Signal } from '@scan-login/nest/signal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KnownSession } from '../../libs/device-auth/src/sessions/live-session.js';
import { SessionCache } from '../../libs/device-auth/src/sessions/session-cache.js';
import { signedInPhones } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { startLoad } from '../support/load.js';

// What concurrent logins share, so that each costs less.

let running: RunningApp;
beforeAll(async () => {
  running = await startApp();
});
afterAll(() => running.close());

const session = (id: string) => ({ id, accountId: 'ada' }) as KnownSession;

describe('audit events of many logins', () => {
  it('are written ten times a second, and not as fast as the disk allows', async () => {
    const { db, url } = running;
    const began = performance.now();
    const load = startLoad(url, await signedInPhones(url, 4));
    await load.reached(60);
    await load.stop();
    const events = async () => {
      const [row] = await db.query(
        `SELECT count(*)::int AS written, count(DISTINCT xmin::text)::int AS batches
         FROM audit_events WHERE event LIKE 'ticket.%'`,
      );
      return row as { written: number; batches: number };
    };
    await expect.poll(async () => (await events()).written).toBeGreaterThanOrEqual(4 * load.redeemed.length);
    expect((await events()).batches).toBeLessThanOrEqual((performance.now() - began) / 100 + 1);
  });
});

describe('a cached session', () => {
  it('stays cached while others end, and is dropped when it ends itself, even while it is loaded', () => {
    const { app } = running;
    const [cache, signal] = [app.get(SessionCache, { strict: false }), app.get<Signal>(Signal, { strict: false })];
    const keep = cache.reader();
    signal.send('session', 'another');
    keep(session('mine'));
    expect(cache.get('mine')).toMatchObject({ accountId: 'ada' });
    // "another" ended while it was loaded, so it must not be cached
    keep(session('another'));
    expect(cache.get('another')).toBeUndefined();

    signal.send('session', 'mine');
    expect(cache.get('mine')).toBeUndefined();
    cache.reader()(session('mine'));
    expect(cache.get('mine')).toMatchObject({ accountId: 'ada' });
  });
});
