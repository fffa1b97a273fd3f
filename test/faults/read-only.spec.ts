import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Phone, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import { call } from '../support/http.js';
import { retry } from '../support/retry.js';
import { held } from '../support/metrics.js';
import { LONG_TIMEOUTS } from '../support/rounds.js';

vi.setConfig(LONG_TIMEOUTS);

// A full disk, or a failover to a replica: the database responds, but rejects writes.

let fleet: Fleet;
let admin: Client;
let url: string;
let phone: Phone;

beforeAll(async () => {
  fleet = await startFleet({}, [{}]);
  url = fleet.servers[0]!.url;
  phone = await signedInPhone(url);
  admin = new Client({ connectionString: fleet.databaseUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await fleet.end();
});

async function makeReadOnly(isReadOnly: boolean): Promise<void> {
  const name = new URL(fleet.databaseUrl).pathname.slice(1);
  await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${isReadOnly ? 'on' : 'off'}`);
  await admin.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
}

describe('a database that rejects writes', () => {
  it('turns every move into a "try again" without loss, and all moves work once it accepts writes', async () => {
    const signedIn = await signedInScreen(url, phone, 'tv');
    const [pending, scanned, confirmed] = [new Screen(url), new Screen(url), new Screen(url)];
    for (const screen of [pending, scanned, confirmed]) await screen.open();
    const { scanToken } = (await phone.scan(scanned)).body;
    await phone.scan(confirmed);
    expect((await phone.confirm(confirmed)).status).toBe(204);
    expect((await phone.account()).status).toBe(200); // in use: not noted again for a while
    const waiting = pending.poll();
    await held(url, 1);

    await makeReadOnly(true);
    const moves = {
      open: () => new Screen(url).open(),
      scan: () => phone.scan(pending),
      confirm: () => phone.confirm(scanned, scanToken),
      deny: () => phone.deny(scanned, undefined, scanToken),
      redeem: () => confirmed.redeem(),
      cancel: () => pending.cancel(),
      'sign-in': () => phone.at(url).signIn(),
      refresh: () => signedIn.refresh(),
      'sign-out': () => phone.signOut(),
    };
    for (const [name, move] of Object.entries(moves)) {
      const response = await move();
      expect(response, name).toMatchObject({ status: 503, body: { status: 503, code: 'unavailable' } });
      expect(response.headers.get('content-type'), name).toContain('application/problem+json');
      expect(Number(response.headers.get('retry-after')), name).toBeGreaterThan(0);
    }
    // its status is cached for a moment: load balancers ask often, and are never refused
    await expect.poll(async () => (await call('GET', `${url}/readyz`)).status, { timeout: 5_000 }).toBe(503);
    // calls that only read go on
    expect((await retry(() => scanned.poll('pending'))).body).toMatchObject({ code: 201, status: 'scanned' });
    expect((await phone.sessions()).status).toBe(200);

    await makeReadOnly(false);
    const { scanToken: late } = (await retry(() => phone.scan(pending))).body;
    expect((await waiting).body).toMatchObject({ code: 201, status: 'scanned' });
    expect((await phone.confirm(pending, late)).status).toBe(204);
    expect((await phone.confirm(scanned, scanToken)).status).toBe(204);
    for (const screen of [pending, scanned, confirmed]) expect((await screen.redeem()).status).toBe(200);
    expect((await signedIn.refresh()).status).toBe(200);
  });
});
