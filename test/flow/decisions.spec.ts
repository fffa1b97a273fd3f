import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { letPass, type Phone, rowOf, Screen, screenAt, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import type { HttpResponse } from '../support/http.js';

let server: RunningApp;
let phone: Phone;

beforeAll(async () => {
  server = await startApp();
  phone = await signedInPhone(server.url);
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

/** Makes a call that must not change the ticket. @returns the response */
async function leavingAsIs(screen: Screen, act: () => Promise<HttpResponse>): Promise<HttpResponse> {
  const before = await rowOf(server.db, screen);
  const response = await act();
  expect(await rowOf(server.db, screen)).toEqual(before);
  return response;
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

      expect(await waiting).toMatchObject({ status: 200, body: { code: 400, status: 'denied', reason } });
      expect(await rowOf(server.db, screen)).toMatchObject({ status: 'denied', deny_reason: reason, session_id: null });
      expect(await leavingAsIs(screen, () => phone.confirm(screen))).toMatchObject(wrongStatus('denied'));
      expect(await leavingAsIs(screen, () => phone.scan(screen))).toMatchObject(wrongStatus('denied'));
      expect(await leavingAsIs(screen, () => screen.redeem())).toMatchObject(wrongStatus('denied'));
    },
  );

  it('without a reason is a plain no, and with an unknown one it is refused', async () => {
    const screen = await screenAt('scanned', server, phone);
    const refused = await leavingAsIs(screen, () => phone.deny(screen, 'bored' as never));
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/reason' }] } });
    expect((await phone.deny(screen)).status).toBe(204);
    expect(await rowOf(server.db, screen)).toMatchObject({ status: 'denied', deny_reason: 'declined' });
  });

  it('shows the screen no account any more', async () => {
    const screen = await screenAt('denied', server, phone);
    expect((await screen.poll()).body).toEqual({ code: 400, status: 'denied', expiresIn: 0, reason: 'declined' });
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

  it('may be repeated', async () => {
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
});

describe('a repeated confirm', () => {
  it('succeeds until the screen has used its tokens', async () => {
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

  it('needs the scan token of the first confirm', async () => {
    const screen = await screenAt('confirmed', server, phone);
    const refused = await leavingAsIs(screen, () => phone.confirm(screen, screen.secret));
    expect(refused).toMatchObject({ status: 403, body: { code: 'scan_token_invalid' } });
  });
});
