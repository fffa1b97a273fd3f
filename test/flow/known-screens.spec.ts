import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Phone, type Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';

let server: RunningApp;
beforeAll(async () => {
  server = await startApp({ SESSIONS_PER_DEVICE_TYPE: '0' });
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

/** Whether the screen is told that it knows the account of this phone. */
async function isKnown(phone: Phone, screen: Screen): Promise<boolean> {
  await screen.open();
  await phone.scan(screen);
  const { account } = (await screen.poll('pending')).body;
  await screen.cancel();
  return account.knownHere;
}

/** As if that many days had passed since the last sign-in there. */
async function letDaysPass({ id }: Screen, days: number): Promise<void> {
  await server.db.query(
    `UPDATE known_screens SET signed_in_at = signed_in_at - make_interval(days => $2) WHERE device_id = $1`,
    [id, days],
  );
}

describe('an account on a screen', () => {
  it('is known there after its first login', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    expect(await isKnown(phone, screen)).toBe(true);
  });

  it('stays known when its session there has ended and was swept away', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    await screen.signOut();
    await server.db.query('DELETE FROM sessions WHERE id = $1', [screen.tokens!.session.id]);
    expect(await isKnown(phone, screen)).toBe(true);
  });

  it('is forgotten 90 days after its last sign-in, and each sign-in counts again', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    await letDaysPass(screen, 89);
    expect(await isKnown(phone, screen)).toBe(true);
    await screen.open();
    await phone.scan(screen);
    await phone.confirm(screen);
    await screen.redeem();
    await letDaysPass(screen, 89);
    expect(await isKnown(phone, screen)).toBe(true);
    await letDaysPass(screen, 2);
    expect(await isKnown(phone, screen)).toBe(false);
  });

  it('is known where it has signed in with its password, too', async () => {
    const phone = await signedInPhone(server.url);
    const browser = await signedInPhone(server.url, phone.username, 'web');
    const screen = await signedInScreen(server.url, await signedInPhone(server.url));
    expect(await isKnown(phone, Object.assign(screen, { id: browser.id }))).toBe(true);
  });

  it('is stored once a day, however often it signs in there', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    const versions = () => server.db.query('SELECT xmin FROM known_screens WHERE device_id = $1', [screen.id]);
    const before = await versions();
    await screen.open();
    await phone.scan(screen);
    await phone.confirm(screen);
    expect((await screen.redeem()).status).toBe(200);
    expect(before).toHaveLength(1);
    expect(await versions()).toEqual(before);
  });
});
