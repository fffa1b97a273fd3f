import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PASSWORD, type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import { type HttpResponse, call } from '../support/http.js';
import { many, LONG_TIMEOUTS } from '../support/rounds.js';

vi.setConfig(LONG_TIMEOUTS);

const CALLERS = 100;
let fleet: Fleet;
let url: string;
let phone: Phone;

beforeAll(async () => {
  fleet = await startFleet({}, [{}]);
  url = fleet.servers[0]!.url;
  phone = await signedInPhone(url);
});
afterAll(() => fleet.end());

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** A hundred clients that try one user name after the other; an unknown name costs as much hashing as a known one. */
function hammer() {
  const responses: HttpResponse[] = [];
  const stopping = new AbortController();
  const caller = async () => {
    while (!stopping.signal.aborted) {
      const [username, id] = [`nobody.${randomUUID().slice(0, 13)}`, randomUUID()];
      const json = { username, password: PASSWORD, device: { id, type: 'phone' } };
      const response = await call('POST', `${url}/v1/sessions`, { json });
      responses.push(response);
      // sooner than Retry-After asks; without any pause this process would have no time left
      if (response.status === 503) await sleep(250);
    }
  };
  const ended = Promise.all(Array.from({ length: CALLERS }, caller));
  return {
    responses,
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

describe('P10: more sign-ins than there is time to hash', () => {
  it('are refused at once, and scan and confirm stay fast meanwhile', async () => {
    const { responses, stop } = hammer();
    const of = (status: number) => responses.filter((response) => response.status === status);
    await expect.poll(() => of(503).length, { timeout: 20_000 }).toBeGreaterThan(CALLERS);
    const took: number[] = [];
    for (let round = 0; round < many(8, 200); round++) {
      const screen = new Screen(url);
      await screen.open();
      const scan = await phone.scan(screen);
      const confirm = await phone.confirm(screen, scan.body.scanToken);
      expect([scan.status, confirm.status]).toEqual([200, 204]);
      took.push(scan.ms, confirm.ms);
    }
    await stop();

    const [served, refused] = [of(401), of(503)];
    expect(served.length + refused.length).toBe(responses.length);
    for (const { body, headers } of refused) {
      expect(body.code).toBe('busy');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const [ofServed, ofRefused, ofMoves] = [served, refused]
      .map((some) => median(some.map(({ ms }) => ms)))
      .concat(median(took)) as [number, number, number];
    console.log(
      `beside ${CALLERS} callers: ${served.length} sign-ins in ${Math.round(ofServed)} ms, ${refused.length} refused in ${Math.round(ofRefused)} ms, scan and confirm in ${Math.round(ofMoves)} ms (medians)`,
    );
    // refused calls do not queue for hashing, nor do calls that need no password
    expect(ofRefused).toBeLessThan(ofServed / 2);
    expect(ofMoves).toBeLessThan(ofServed / 2);
  });
});
