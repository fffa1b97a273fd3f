import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  letPass,
  type Phone,
  PASSWORD,
  rowOf,
  Screen,
  screenAt,
  signedInPhone,
  signedInScreen,
} from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type Answer, call } from '../support/http.js';

let server: RunningApp;
/** Ada's two phones, and the phone of somebody else. */
let phone: Phone;
let secondPhone: Phone;
let strangersPhone: Phone;

beforeAll(async () => {
  // two phones of one account live beside each other here
  server = await startApp({ SESSIONS_PER_DEVICE_TYPE: '0' });
  phone = await signedInPhone(server.url);
  secondPhone = await signedInPhone(server.url, phone.username);
  strangersPhone = await signedInPhone(server.url);
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

/** What the call answered; its ticket is what it was. */
async function leavingAsIs(screen: Screen, act: () => Promise<Answer>): Promise<Answer> {
  const before = await rowOf(server.db, screen);
  const answer = await act();
  expect(await rowOf(server.db, screen)).toEqual(before);
  return answer;
}

function wrongStatus(currentStatus: string) {
  return { status: 409, body: { code: 'ticket_wrong_status', currentStatus } };
}

describe('deny', () => {
  it.each(['declined', 'not_me'] as const)(
    'with the reason %s ends the ticket, and the screen learns of it',
    async (reason) => {
      const screen = await screenAt('scanned', server, phone);
      const waiting = screen.poll('scanned');
      expect((await phone.deny(screen, reason)).status).toBe(204);

      expect(await waiting).toMatchObject({ status: 200, body: { code: 400, status: 'denied' } });
      expect(await rowOf(server.db, screen)).toMatchObject({ status: 'denied', deny_reason: reason, session_id: null });
      expect(await leavingAsIs(screen, () => phone.confirm(screen))).toMatchObject(wrongStatus('denied'));
      expect(await leavingAsIs(screen, () => phone.scan(screen))).toMatchObject(wrongStatus('denied'));
      expect(await leavingAsIs(screen, () => screen.redeem())).toMatchObject(wrongStatus('denied'));
    },
  );

  it('without a reason is a plain no, and with one of its own it is refused', async () => {
    const screen = await screenAt('scanned', server, phone);
    const refused = await leavingAsIs(screen, () => phone.deny(screen, 'bored' as never));
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/reason' }] } });
    expect((await phone.deny(screen)).status).toBe(204);
    expect(await rowOf(server.db, screen)).toMatchObject({ status: 'denied', deny_reason: 'declined' });
  });

  it('shows the screen nobody any more', async () => {
    const screen = await screenAt('denied', server, phone);
    expect((await screen.poll()).body).toEqual({ code: 400, status: 'denied', expiresIn: 0 });
  });
});

describe('cancel', () => {
  it.each(['pending', 'scanned', 'confirmed'] as const)(
    'ends a %s ticket for the phone and for the screen',
    async (status) => {
      const screen = await screenAt(status, server, phone);
      const waiting = screen.poll(status);
      expect((await screen.cancel()).status).toBe(204);

      expect(await waiting).toMatchObject({ status: 200, body: { code: 400, status: 'cancelled' } });
      expect(await rowOf(server.db, screen)).toMatchObject({ status: 'cancelled' });
      const late = [() => phone.scan(screen), () => screen.redeem()];
      if (status !== 'pending')
        late.push(
          () => phone.confirm(screen),
          () => phone.deny(screen),
        );
      for (const act of late) expect(await leavingAsIs(screen, act)).toMatchObject(wrongStatus('cancelled'));
    },
  );

  it.each(['denied', 'redeemed'] as const)('cannot undo a %s ticket', async (status) => {
    const screen = await screenAt(status, server, phone);
    expect(await leavingAsIs(screen, () => screen.cancel())).toMatchObject(wrongStatus(status));
  });

  it('may be said twice', async () => {
    const screen = await screenAt('cancelled', server, phone);
    expect((await leavingAsIs(screen, () => screen.cancel())).status).toBe(204);
  });
});

describe('the phone that scanned', () => {
  it('may scan again: the new scan token counts, and the old one is dead', async () => {
    const screen = await screenAt('scanned', server, phone);
    const oldToken = phone.scanToken;
    const again = await phone.scan(screen);
    expect(again).toMatchObject({ status: 200, body: { scanToken: expect.any(String) } });
    expect(again.body.scanToken).not.toBe(oldToken);

    for (const act of [() => phone.confirm(screen, oldToken), () => phone.deny(screen, 'not_me', oldToken)]) {
      expect(await leavingAsIs(screen, act)).toMatchObject({ status: 403, body: { code: 'scan_token_invalid' } });
    }
    expect((await screen.poll('pending')).body).toMatchObject({ code: 201, status: 'scanned' });
    expect((await phone.confirm(screen)).status).toBe(204);
    expect(await rowOf(server.db, screen)).toMatchObject({ status: 'confirmed' });
  });

  it('does not disturb the waiting screen by scanning again', async () => {
    const screen = await screenAt('scanned', server, phone);
    const waiting = screen.poll('scanned');
    await expect.poll(() => server.bell.waitedOn()).toEqual([screen.uuid]);
    await phone.scan(screen);
    await phone.confirm(screen);
    expect((await waiting).body).toMatchObject({ code: 200, status: 'confirmed' });
  });

  it('must scan again once it has signed in anew: the decision belongs to the session that looked', async () => {
    const screen = await screenAt('scanned', server, secondPhone);
    await secondPhone.signIn();
    const refused = await leavingAsIs(screen, () => secondPhone.confirm(screen));
    expect(refused).toMatchObject({ status: 403, body: { code: 'ticket_not_yours' } });
    expect((await secondPhone.scan(screen)).status).toBe(200);
    expect((await secondPhone.confirm(screen)).status).toBe(204);
  });
});

describe('a second phone', () => {
  it.each([
    ['of the same account', () => secondPhone],
    ['of another account', () => strangersPhone],
  ])('%s is too late to scan, before and after the confirm', async (_, another) => {
    const screen = await screenAt('scanned', server, phone);
    const tooLate = { status: 409, body: { code: 'ticket_already_scanned' } };
    expect(await leavingAsIs(screen, () => another().scan(screen))).toMatchObject(tooLate);
    await phone.confirm(screen);
    expect(await leavingAsIs(screen, () => another().scan(screen))).toMatchObject(tooLate);
    expect((await screen.redeem()).body.account.id).toBe(phone.tokens!.account.id);
  });

  it.each([
    ['of the same account', () => secondPhone],
    ['of another account', () => strangersPhone],
  ])('%s cannot decide, even with the right scan token', async (_, another) => {
    const screen = await screenAt('scanned', server, phone);
    for (const act of ['confirm', 'deny'] as const) {
      const body = { scanToken: phone.scanToken };
      const refused = await leavingAsIs(screen, () => another().as('POST', `/v1/tickets/${screen.uuid}/${act}`, body));
      expect(refused).toMatchObject({ status: 403, body: { code: 'ticket_not_yours' } });
    }
    expect((await phone.confirm(screen)).status).toBe(204);
    const repeated = await leavingAsIs(screen, () => another().confirm(screen, phone.scanToken));
    expect(repeated).toMatchObject({ status: 403, body: { code: 'ticket_not_yours' } });
  });

  it("cannot decide with another ticket's scan token", async () => {
    const [screen, other] = [
      await screenAt('scanned', server, phone),
      await screenAt('scanned', server, strangersPhone),
    ];
    const swapped = await leavingAsIs(screen, () => phone.confirm(screen, strangersPhone.scanToken));
    expect(swapped).toMatchObject({ status: 403, body: { code: 'scan_token_invalid' } });
    const strangers = await leavingAsIs(other, () => phone.confirm(other));
    expect(strangers).toMatchObject({ status: 403, body: { code: 'ticket_not_yours' } });
  });
});

describe('who may scan', () => {
  const mayNotScan = { status: 403, body: { code: 'device_not_allowed' } };

  it.each(['web', 'desktop', 'tv', 'cli'])('not a session that was signed in on a device of type %s', async (type) => {
    const notAPhone = await signedInPhone(server.url, phone.username, type);
    const screen = await screenAt('pending', server, phone);
    expect(await leavingAsIs(screen, () => notAPhone.scan(screen))).toMatchObject(mayNotScan);
  });

  it('not a screen that was itself signed in by a scan', async () => {
    const signedIn = await signedInScreen(server.url, phone);
    const screen = await screenAt('pending', server, phone);
    const refused = await leavingAsIs(screen, () => signedIn.as('POST', `/v1/tickets/${screen.uuid}/scan`));
    expect(refused).toMatchObject(mayNotScan);
  });

  it('nobody without a session', async () => {
    const screen = await screenAt('pending', server, phone);
    const refused = await leavingAsIs(screen, () => call('POST', `${server.url}/v1/tickets/${screen.uuid}/scan`));
    expect(refused).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
  });
});

describe('a repeated confirm', () => {
  it('is a yes still, until the screen has used what it got', async () => {
    const screen = await screenAt('confirmed', server, phone);
    expect((await leavingAsIs(screen, () => phone.confirm(screen))).status).toBe(204);
    await screen.redeem();
    expect((await leavingAsIs(screen, () => phone.confirm(screen))).status).toBe(204);
    expect((await screen.account()).status).toBe(200);
    expect(await leavingAsIs(screen, () => phone.confirm(screen))).toMatchObject(wrongStatus('redeemed'));
  });

  it('is refused once the time to repeat the redeem is over', async () => {
    const screen = await screenAt('redeemed', server, phone);
    await letPass(server.db, screen, 61);
    expect(await leavingAsIs(screen, () => phone.confirm(screen))).toMatchObject(wrongStatus('redeemed'));
  });

  it('needs the scan token that confirmed', async () => {
    const screen = await screenAt('confirmed', server, phone);
    const refused = await leavingAsIs(screen, () => phone.confirm(screen, screen.secret));
    expect(refused).toMatchObject({ status: 403, body: { code: 'scan_token_invalid' } });
  });
});

describe('steps out of order', () => {
  it('are refused with where the ticket stands, and change nothing', async () => {
    const screen = await screenAt('pending', server, phone);
    const steps = {
      redeem: () => screen.redeem(),
      confirm: () => phone.confirm(screen),
      deny: () => phone.deny(screen),
      scan: () => phone.scan(screen),
    };
    const refuses = async (status: string, ...names: (keyof typeof steps)[]) => {
      for (const name of names) expect(await leavingAsIs(screen, steps[name]), name).toMatchObject(wrongStatus(status));
    };

    await refuses('pending', 'redeem', 'confirm', 'deny');
    await steps.scan();
    await refuses('scanned', 'redeem');
    await steps.confirm();
    await refuses('confirmed', 'scan', 'deny');
    await steps.redeem();
    await screen.account();
    await refuses('redeemed', 'scan', 'deny', 'confirm', 'redeem');
  });
});

describe('what a caller says of itself', () => {
  let screen: Screen;
  beforeEach(async () => {
    screen = await screenAt('pending', server, phone);
  });

  it.each(['accountId', 'sub', 'userId', 'account', 'sessionId', 'displayName', 'deviceId'])(
    'counts for nothing: %s in the body is refused by every step',
    async (field) => {
      const says = { [field]: strangersPhone.tokens!.account.id };
      const refused = { status: 400, body: { code: 'invalid_request', errors: [{ pointer: `/${field}` }] } };
      const path = `/v1/tickets/${screen.uuid}`;
      expect(await leavingAsIs(screen, () => phone.as('POST', `${path}/scan`, says))).toMatchObject(refused);
      const { scanToken } = (await phone.scan(screen)).body;
      for (const step of ['confirm', 'deny']) {
        const answer = await leavingAsIs(screen, () => phone.as('POST', `${path}/${step}`, { scanToken, ...says }));
        expect(answer, step).toMatchObject(refused);
      }
      await phone.confirm(screen);
      const headers = { 'x-ticket-secret': screen.secret };
      expect(await leavingAsIs(screen, () => screen.as('POST', `${path}/redeem`, says, headers))).toMatchObject(
        refused,
      );
      expect((await screen.redeem()).body.account.id).toBe(phone.tokens!.account.id);
    },
  );

  it('counts for nothing in the address or the headers either: the token says who', async () => {
    const id = strangersPhone.tokens!.account.id;
    await phone.as('POST', `/v1/tickets/${screen.uuid}/scan?accountId=${id}&sub=${id}`, undefined, {
      'x-account-id': id,
    });
    expect(await rowOf(server.db, screen)).toMatchObject({ account_id: phone.tokens!.account.id });
  });

  it('never names the ticket: a uuid in the body is refused, and elsewhere it is not looked at', async () => {
    const chosen = randomUUID();
    const device = { id: screen.id, type: 'web' };
    const open = (path: string, json: object, headers = {}) =>
      call('POST', `${server.url}/v1/tickets${path}`, { json, headers });
    for (const [pointer, json] of Object.entries({
      '/uuid': { uuid: chosen, device },
      '/id': { id: chosen, device },
      '/device/uuid': { device: { ...device, uuid: chosen } },
    })) {
      expect(await open('', json)).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', errors: [{ pointer }] },
      });
    }
    const opened = await open(`?uuid=${chosen}`, { device }, { 'x-ticket-uuid': chosen, 'x-ticket-secret': PASSWORD });
    expect(opened.status).toBe(201);
    expect(opened.body.uuid).not.toBe(chosen);
    expect(opened.body.secret).not.toBe(PASSWORD);
    expect((await call('PUT', `${server.url}/v1/tickets/${chosen}`, { json: { device } })).status).toBe(404);
    expect(await rowOf(server.db, { uuid: chosen })).toBeUndefined();
  });

  it('cannot be used to predict a ticket: names and secrets are random, each of its own', async () => {
    const screens = await Promise.all(Array.from({ length: 20 }, () => screenAt('pending', server, phone)));
    for (const { uuid, secret } of screens) {
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    }
    expect(new Set(screens.flatMap(({ uuid, secret }) => [uuid, secret])).size).toBe(40);
  });
});
