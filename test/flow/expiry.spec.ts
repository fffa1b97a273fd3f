import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { letPass, type Phone, rowOf, type Screen, screenAt, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { call } from '../support/http.js';

/** Re-reading the rows does not help here, so a late expiry is noticed. */
const ALONE = { REREAD_EVERY: '60' };

let server: RunningApp;
/** The same server with short times: two seconds for everything. */
let hasty: RunningApp;
/** A server that gives three seconds to decide. */
let slow: RunningApp;
let phone: Phone;
let hastyPhone: Phone;
let slowPhone: Phone;

beforeAll(async () => {
  server = await startApp();
  hasty = await startApp({ ...ALONE, TICKET_LIFE: '2', TICKET_DECIDE_WITHIN: '2', TICKET_REDEEM_WITHIN: '2' });
  slow = await startApp({ ...ALONE, TICKET_DECIDE_WITHIN: '3' });
  phone = await signedInPhone(server.url);
  slowPhone = await signedInPhone(slow.url);
  hastyPhone = await signedInPhone(hasty.url);
});
afterAll(async () => {
  const all = [server, hasty, slow];
  expect(all.map(({ bell }) => bell.size)).toEqual([0, 0, 0]);
  await Promise.all(all.map((each) => each.close()));
});

const OPEN = ['pending', 'scanned', 'confirmed'] as const;
const FINAL = ['denied', 'cancelled', 'redeemed'] as const;

/** Every move of a ticket. */
function moves(screen: Screen, by: Phone) {
  return {
    scan: () => by.scan(screen),
    confirm: () => by.confirm(screen),
    deny: () => by.deny(screen),
    cancel: () => screen.cancel(),
    redeem: () => screen.redeem(),
  };
}

function pictures({ url, uuid }: { url: string; uuid: string }) {
  return Promise.all(['qr.svg', 'qr.png'].map((name) => call('GET', `${url}/v1/tickets/${uuid}/${name}`)));
}

/** How long ago the ticket ended, by the clock of the database. */
async function secondsOver({ uuid }: Screen, { db }: RunningApp): Promise<number> {
  const [row] = await db.query(
    'SELECT extract(epoch FROM now() - expires_at)::float AS ago FROM tickets WHERE uuid = $1',
    [uuid],
  );
  return row.ago;
}

/** Over, and much sooner than the end of the hold. */
const aMoment = (seconds: number) => seconds > 0 && seconds < 5;

/** Waits for the end of a ticket by poll and by stream. */
async function seesItsEnd(screen: Screen, status: string): Promise<void> {
  const headers = { 'x-ticket-secret': screen.secret };
  const events = call('GET', `${hasty.url}/v1/tickets/${screen.uuid}/events`, { headers });
  const response = await screen.poll(status);
  expect(await secondsOver(screen, hasty), status).toSatisfy(aMoment);
  expect(response, status).toMatchObject({ status: 200, body: { code: 400, status: 'expired', expiresIn: 0 } });
  const names = [...(await events).body.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  expect(names).toEqual([status, 'expired']);
}

describe('the moment when a ticket ends', () => {
  it.concurrent('ends its held polls and event streams, whatever its status was', async () => {
    const ends: Promise<void>[] = [];
    for (const status of OPEN) ends.push(seesItsEnd(await screenAt(status, hasty, hastyPhone), status));
    await Promise.all(ends);
  });

  it.concurrent('is put off by a renewal: polls that are held meanwhile stay held, until the new end', async () => {
    const renewals = {
      'scanned again': (screen: Screen) => slowPhone.scan(screen),
      'renewed without a ring': (screen: Screen) => letPass(slow.db, screen, -1.5),
    };
    const ends = Object.entries(renewals).map(async ([how, renew]) => {
      const screen = await screenAt('scanned', slow, slowPhone);
      await letPass(slow.db, screen, 1.5);
      const waiting = screen.poll('scanned');
      await expect.poll(() => slow.bell.waitedOn()).toContain(screen.uuid);
      await renew(screen);
      expect((await waiting).body, how).toMatchObject({ code: 400, status: 'expired' });
      expect(await secondsOver(screen, slow), how).toSatisfy(aMoment);
    });
    await Promise.all(ends);
  });
});

describe.each(OPEN)('a ticket that is %s', (status) => {
  it('has a picture only until then', async () => {
    const screen = await screenAt(status, server, phone);
    for (const { status: answered } of await pictures(screen)) expect(answered).toBe(200);
    await letPass(server.db, screen, 121);
    for (const { status: answered } of await pictures(screen)) expect(answered).toBe(404);
  });
});

describe.each(FINAL)('a ticket that is %s', (status) => {
  it('stays so after its time', async () => {
    const screen = await screenAt(status, server, phone);
    const { scan, confirm, deny, redeem } = moves(screen, phone);
    await letPass(server.db, screen, 300);
    const why = status === 'denied' && { reason: 'declined' };
    expect((await screen.poll()).body).toEqual({ code: 400, status, expiresIn: 0, ...why });
    for (const act of [scan, confirm, deny, redeem]) {
      expect(await act()).toMatchObject({ status: 409, body: { code: 'ticket_wrong_status', currentStatus: status } });
    }
    expect(await rowOf(server.db, screen)).toMatchObject({ status });
  });

  it('has no picture any more: the response is that of an unknown ticket', async () => {
    const screen = await screenAt(status, server, phone);
    const nobodys = await pictures({ url: server.url, uuid: randomUUID() });
    for (const [nth, picture] of (await pictures(screen)).entries()) {
      expect(picture).toMatchObject({ status: 404, body: { code: 'ticket_not_found' } });
      expect(picture.body).toEqual(nobodys[nth]!.body);
    }
  });
});

async function secondsLeft(screen: Screen, status: string): Promise<number> {
  const { body } = await screen.poll(status, { wait: 0 });
  expect(body.status).toBe(status);
  return body.expiresIn;
}

/** A second may pass between the move and the check. */
function about(seconds: number) {
  return expect.toSatisfy((left: number) => left <= seconds && left >= seconds - 2, `about ${seconds}`);
}

describe('the time of a ticket', () => {
  it('is renewed by a scan, up to the final deadline, and by the confirm', async () => {
    const screen = await screenAt('pending', server, phone);
    expect(await secondsLeft(screen, 'pending')).toEqual(about(120));
    await letPass(server.db, screen, 115);
    expect((await phone.scan(screen)).body.expiresIn).toEqual(about(60));
    expect(await secondsLeft(screen, 'scanned')).toEqual(about(60));

    // 150 seconds old: 30 of the 180 are left, and no scan adds to them
    await letPass(server.db, screen, 35);
    expect((await phone.scan(screen)).body.expiresIn).toEqual(about(30));
    await letPass(server.db, screen, 20);
    expect((await phone.scan(screen)).body.expiresIn).toEqual(about(10));
    const { expires_at, decide_until } = (await rowOf(server.db, screen))!;
    expect(expires_at).toEqual(decide_until);

    await phone.confirm(screen);
    expect(await secondsLeft(screen, 'confirmed')).toEqual(about(60));
  });
});
