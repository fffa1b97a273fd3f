import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PASSWORD, type Phone, Screen, signedInPhones } from '../support/actors.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import { type HttpResponse, call } from '../support/http.js';
import { lostAt, startLoad } from '../support/load.js';
import { retry } from '../support/retry.js';
import { type OwnPostgres, startOwnPostgres } from '../support/postgres.js';
import { many, LONG_TIMEOUTS } from '../support/rounds.js';
import type { ServerProcess } from '../support/server-process.js';

vi.setConfig(LONG_TIMEOUTS);

// A PostgreSQL of this file's own, killed under load and started again.

const LANES = 4;
let postgres: OwnPostgres;
let fleet: Fleet;
let here: ServerProcess;
let there: ServerProcess;
let phones: Phone[];

beforeAll(async () => {
  postgres = await startOwnPostgres();
  fleet = await startFleet({ DATABASE_URL: postgres.url });
  [here, there] = fleet.servers as [ServerProcess, ServerProcess];
  phones = await signedInPhones(here.url, 2 * LANES);
});
afterAll(async () => {
  await fleet?.end();
  await postgres?.remove();
});

function ready({ url }: ServerProcess): Promise<HttpResponse> {
  return retry(() => call('GET', `${url}/readyz`));
}

const UNAVAILABLE = { status: 503, body: { status: 503, code: 'unavailable', type: expect.any(String) } };

describe('P1: a crash of the database', () => {
  it('loses no acknowledged confirm', async () => {
    const rounds = many(2, 20);
    let confirms = 0;
    for (let round = 0; round < rounds; round++) {
      const loads = [startLoad(here.url, phones.slice(0, LANES)), startLoad(there.url, phones.slice(LANES))];
      await Promise.all(loads.map((load) => load.reached(randomInt(1, 40))));
      await postgres.crash();
      await Promise.all(loads.map((load) => load.ended));
      await postgres.start();
      await Promise.all([ready(here), ready(there)]);
      for (const load of loads) {
        expect(load.strange, `round ${round}`).toEqual([]);
        expect(await lostAt(here.url, load), `round ${round}`).toEqual([]);
        confirms += load.confirmed.length;
      }
    }
    console.log(`${rounds} crashes: none of ${confirms} acknowledged confirms was lost`);
  });
});

describe('P5: while the database is away', () => {
  it('every call is told to retry, held polls stay held, and all calls work within 5 s of its return', async () => {
    const phone = phones[0]!;
    const [pending, scanned, confirmed, redeemed, denied, cancelled] = (await Promise.all(
      Array.from({ length: 6 }, async () => {
        const screen = new Screen(there.url);
        await screen.open();
        return screen;
      }),
    )) as [Screen, Screen, Screen, Screen, Screen, Screen];
    const scanToken = new Map<Screen, string>();
    for (const screen of [scanned, confirmed, redeemed, denied]) {
      scanToken.set(screen, (await phone.scan(screen)).body.scanToken);
    }
    for (const screen of [confirmed, redeemed]) {
      expect((await phone.confirm(screen, scanToken.get(screen))).status).toBe(204);
    }
    expect((await phone.deny(denied, undefined, scanToken.get(denied))).status).toBe(204);
    expect((await cancelled.cancel()).status).toBe(204);
    expect((await redeemed.redeem()).status).toBe(200);

    const polls = { pending: pending.poll('pending'), scanned: scanned.poll('scanned') };
    const confirmedPoll = confirmed.poll('confirmed', { wait: 20 });
    await expect
      .poll(async () => (await call('GET', `${there.url}/metrics`)).body)
      .toMatch(/^scan_login_tickets_waited_on 3$/m);
    // they are counted before they have read their tickets, and held after that: these are read later
    await Promise.all([pending.poll('pending', { wait: 0 }), scanned.poll('scanned', { wait: 0 })]);
    await postgres.crash();

    const refused: Record<string, Promise<HttpResponse>> = {
      open: new Screen(here.url).open(),
      poll: pending.poll('pending'),
      scan: phone.scan(pending),
      confirm: phone.confirm(scanned, scanToken.get(scanned)),
      deny: phone.deny(scanned, undefined, scanToken.get(scanned)),
      redeem: confirmed.redeem(),
      cancel: pending.cancel(),
      account: phone.account(),
      sessions: redeemed.sessions(),
      refresh: redeemed.refresh(),
      'sign-in': phone.at(there.url).signIn(),
      'sign-up': call('POST', `${here.url}/v1/accounts`, { json: { username: 'ada.away', password: PASSWORD } }),
      readyz: call('GET', `${here.url}/readyz`),
    };
    for (const [name, answering] of Object.entries(refused)) {
      const response = await answering;
      expect(response, name).toMatchObject(UNAVAILABLE);
      expect(response.headers.get('content-type'), name).toContain('application/problem+json');
      expect(Number(response.headers.get('retry-after')), name).toBeGreaterThan(0);
    }
    for (const { url } of fleet.servers) expect((await call('GET', `${url}/livez`)).status).toBe(200);

    await postgres.start();
    const back = performance.now();
    expect((await retry(() => phone.confirm(scanned, scanToken.get(scanned)))).status).toBe(204);
    scanToken.set(pending, (await retry(() => phone.scan(pending))).body.scanToken);
    expect((await polls.scanned).body).toMatchObject({ code: 200, status: 'confirmed' });
    expect((await polls.pending).body).toMatchObject({ code: 201, status: 'scanned' });
    const took = performance.now() - back;
    expect(took).toBeLessThan(5_000);
    console.log(`held polls answered ${Math.round(took)} ms after the database was back`);

    expect((await phone.confirm(pending, scanToken.get(pending))).status).toBe(204);
    for (const screen of [pending, scanned, confirmed]) {
      expect((await screen.redeem()).status).toBe(200);
      expect((await screen.at(here.url).account()).status).toBe(200);
    }
    expect((await confirmedPoll).body).toMatchObject({ code: 400, status: 'redeemed' });
    expect((await redeemed.account()).status).toBe(200);
    expect((await denied.poll('scanned')).body).toMatchObject({ code: 400, status: 'denied' });
    expect((await cancelled.poll()).body).toMatchObject({ code: 400, status: 'cancelled' });
  });
});
