import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from './support/fake-clock.js';
import { fakeLogin } from './support/fake-login.js';
import { FakeServer } from './support/fake-server.js';

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

describe('a screen whose network is gone', () => {
  it('says so at once, and shows its code again when the network is back', async () => {
    const network = new EventTarget();
    const on = (type: string) => (listener: () => void) => {
      network.addEventListener(type, listener);
      return () => network.removeEventListener(type, listener);
    };
    const server = new FakeServer(clock, {
      'GET /status': ({ at }) =>
        at >= 5_000 && at < 9_000
          ? undefined
          : { after: 25_000, body: { code: 408, status: 'pending', expiresIn: 60 } },
    });
    const times: [string, number][] = [];
    const steps = fakeLogin(server, clock, { onOffline: on('offline'), onOnline: on('online'), renewals: 0 });
    const reading = (async () => {
      for await (const { at } of steps) {
        times.push([at, clock.now()]);
        if (times.length === 3) break;
      }
    })();
    const outage = (async () => {
      await clock.sleep(5_000);
      network.dispatchEvent(new Event('offline'));
      await clock.sleep(4_000);
      network.dispatchEvent(new Event('online'));
    })();
    await clock.until(Promise.all([reading, outage]));
    expect(times[1]).toEqual(['offline', 5_000]);
    expect(server.times('GET /status')).toContain(9_000);
  });
});
