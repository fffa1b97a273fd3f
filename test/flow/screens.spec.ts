import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Phone, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';

let server: RunningApp;
beforeAll(async () => {
  server = await startApp({ SESSIONS_PER_DEVICE_TYPE: '0' });
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

async function screensOf(phone: Phone): Promise<any[]> {
  const { status, body } = await phone.as('GET', '/v1/account/screens');
  expect(status).toBe(200);
  return body.screens;
}

const acknowledge = (phone: Phone, id: string) => phone.as('POST', `/v1/account/screens/${id}/acknowledge`);
const forget = (phone: Phone, id: string) => phone.as('DELETE', `/v1/account/screens/${id}`);
const endUnknown = (phone: Phone) => phone.as('DELETE', '/v1/sessions/unknown');

describe('the screens of an account', () => {
  it('are listed with what the last sign-in told, as new until they are acknowledged', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    const [listed, ...others] = await screensOf(phone);
    expect(others).toEqual([]);
    expect(listed).toEqual({
      id: expect.any(String),
      device: { type: 'web', name: null, browser: null, os: null },
      place: null,
      network: '127.0.0.0/24',
      hasKey: false,
      isNew: true,
      firstSignedInAt: expect.any(String),
      signedInAt: expect.any(String),
      sessionId: screen.tokens!.session.id,
    });
    for (const _ of [1, 2]) expect((await acknowledge(phone, listed.id)).status).toBe(204);
    expect(await screensOf(phone)).toEqual([{ ...listed, isNew: false }]);
    await screen.signOut();
    expect(await screensOf(phone)).toEqual([{ ...listed, isNew: false, sessionId: null }]);
  });

  it('are new again after 90 days without a sign-in', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    const [{ id }] = await screensOf(phone);
    await acknowledge(phone, id);
    const age = `UPDATE known_screens SET signed_in_at = now() - interval '91 days' WHERE id = $1`;
    await server.db.query(age, [id]);
    expect(await screensOf(phone)).toEqual([]);
    await screen.open();
    await phone.scan(screen);
    await phone.confirm(screen);
    await screen.redeem();
    expect(await screensOf(phone)).toMatchObject([{ isNew: true }]);
  });

  it('show the name that the screen has now, on the same day too', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    await screen.open({ name: 'Kitchen' });
    await phone.scan(screen);
    await phone.confirm(screen);
    await screen.redeem();
    expect(await screensOf(phone)).toMatchObject([{ device: { name: 'Kitchen' } }]);
  });

  it('can be forgotten, which ends the session there and makes the screen new', async () => {
    const phone = await signedInPhone(server.url);
    const [screen, other] = [await signedInScreen(server.url, phone), await signedInScreen(server.url, phone, 'tv')];
    const { id } = (await screensOf(phone)).find(({ device }) => device.type === 'web');
    expect((await forget(phone, id)).status).toBe(204);
    expect((await screen.account()).body).toMatchObject({ code: 'session_ended', reason: 'revoked' });
    expect((await other.account()).status).toBe(200);
    expect(await screensOf(phone)).toMatchObject([{ device: { type: 'tv' } }]);
    await screen.open();
    expect((await phone.scan(screen)).body.requires.reasons).toContain('new_screen');
  });

  it('are those of their own account alone', async () => {
    const [phone, stranger] = [await signedInPhone(server.url), await signedInPhone(server.url)];
    const screen = await signedInScreen(server.url, phone);
    const [{ id }] = await screensOf(phone);
    expect(await screensOf(stranger)).toEqual([]);
    for (const ofNone of [id, randomUUID(), 'x']) {
      expect((await acknowledge(stranger, ofNone)).body).toMatchObject({ status: 404, code: 'screen_not_found' });
      expect((await forget(stranger, ofNone)).body).toMatchObject({ status: 404, code: 'screen_not_found' });
    }
    expect((await endUnknown(stranger)).status).toBe(204);
    expect(await screensOf(phone)).toMatchObject([{ id, isNew: true }]);
    expect((await screen.account()).status).toBe(200);
  });

  it('are not for companions', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    const [{ id }] = await screensOf(phone);
    const refused = { status: 403, body: { code: 'companion_session' } };
    expect(await screen.as('GET', '/v1/account/screens')).toMatchObject(refused);
    expect(await screen.as('POST', `/v1/account/screens/${id}/acknowledge`)).toMatchObject(refused);
    expect(await screen.as('DELETE', `/v1/account/screens/${id}`)).toMatchObject(refused);
    expect(await screen.as('DELETE', '/v1/sessions/unknown')).toMatchObject(refused);
    expect(await screen.as('GET', '/v1/account/notices')).toMatchObject(refused);
    expect(await screensOf(phone)).toMatchObject([{ id, isNew: true }]);
  });
});

describe('forgetting a screen', () => {
  it('cancels a ticket that was confirmed for it; one that is not found cancels nothing', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    const [{ id }] = await screensOf(phone);
    await screen.open();
    await phone.scan(screen);
    await phone.confirm(screen);
    expect((await forget(phone, randomUUID())).status).toBe(404);
    expect((await screen.poll('confirmed', { wait: 0 })).body.status).toBe('confirmed');
    expect((await forget(phone, id)).status).toBe(204);
    expect((await screen.redeem()).body).toMatchObject({ code: 'ticket_wrong_status', currentStatus: 'cancelled' });
    expect(await screensOf(phone)).toEqual([]);
  });
});

describe('ending the sessions of unknown screens', () => {
  it('spares acknowledged screens and the session of the call, and forgets the others', async () => {
    const phone = await signedInPhone(server.url);
    const own = await signedInPhone(server.url, phone.username, 'desktop');
    const mine = await signedInScreen(server.url, phone, 'tv');
    const { id } = (await screensOf(phone)).find(({ device }) => device.type === 'tv')!;
    await acknowledge(phone, id);
    const foreign = await signedInScreen(server.url, phone);
    expect((await endUnknown(own)).status).toBe(204);
    expect((await foreign.account()).body).toMatchObject({ code: 'session_ended', reason: 'revoked' });
    for (const spared of [phone, own, mine]) expect((await spared.account()).status).toBe(200);
    const kinds = (await screensOf(phone)).map(({ device }) => device.type);
    expect(new Set(kinds)).toEqual(new Set(['desktop', 'tv']));
  });

  it('leaves nothing behind that could still become one: a confirmed ticket is cancelled', async () => {
    const [phone, screen] = [await signedInPhone(server.url), new Screen(server.url)];
    const other = await signedInPhone(server.url, phone.username);
    await screen.open();
    await phone.scan(screen);
    await phone.confirm(screen);
    expect((await endUnknown(other)).status).toBe(204);
    expect((await screen.redeem()).body).toMatchObject({ code: 'ticket_wrong_status', currentStatus: 'cancelled' });
  });
});
