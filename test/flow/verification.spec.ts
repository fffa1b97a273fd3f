import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Phone, rowOf, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { Authenticator } from '../support/authenticator.js';
import { addPasskey, localOrigin } from '../support/passkeys.js';

let server: RunningApp;
let phone: Phone;
let authenticator: Authenticator;
let passkeyId: string;
beforeAll(async () => {
  server = await startApp({ CONFIRM_CHALLENGE: 'off', CONFIRM_VERIFY: 'always', SESSIONS_PER_DEVICE_TYPE: '0' });
  phone = await signedInPhone(server.url);
  ({ authenticator, id: passkeyId } = await addPasskey(phone));
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

/** A ticket that this phone has scanned. */
async function scanned(by = phone, url = server.url) {
  const screen = new Screen(url);
  await screen.open();
  const { body } = await by.scan(screen);
  return { screen, options: body.verification as any, requires: body.requires };
}

function confirmWith(screen: Screen, assertion?: object, more: object = {}, by = phone) {
  return by.as('POST', `/v1/tickets/${screen.uuid}/confirm`, { scanToken: by.scanToken, assertion, ...more });
}

const FAILED = { status: 403, body: { code: 'verification_failed' } };
const REQUIRED = { status: 403, body: { code: 'verification_required' } };

describe('a confirm that needs a passkey', () => {
  it('is let through with what one of the account has signed, and says so in the audit log', async () => {
    const { screen, options, requires } = await scanned();
    expect(requires).toMatchObject({ verification: true });
    expect(options).toMatchObject({
      rpId: 'localhost',
      userVerification: 'required',
      allowCredentials: [{ id: authenticator.id, type: 'public-key', transports: ['internal'] }],
    });
    expect((await confirmWith(screen, authenticator.get(options))).status).toBe(204);
    expect((await screen.redeem()).status).toBe(200);
    const { body } = await phone.as('GET', '/v1/account/events?kind=ticket.confirmed');
    expect(body.events[0]).toMatchObject({ detail: { passkeyId } });
    const [listed] = (await phone.as('GET', '/v1/passkeys')).body.passkeys;
    expect(listed.lastUsedAt).toEqual(expect.any(String));
  });

  it('is refused without, and the ticket is unchanged', async () => {
    const { screen, options } = await scanned();
    const before = await rowOf(server.db, screen);
    expect(await confirmWith(screen)).toMatchObject(REQUIRED);
    expect(await rowOf(server.db, screen)).toEqual(before);
    expect((await confirmWith(screen, authenticator.get(options))).status).toBe(204);
  });

  it('may be repeated with the same assertion when its response got lost', async () => {
    const { screen, options } = await scanned();
    const assertion = authenticator.get(options, { counter: 1 });
    expect((await confirmWith(screen, assertion)).status).toBe(204);
    expect((await confirmWith(screen, assertion)).status).toBe(204);
    expect((await confirmWith(screen)).status).toBe(204);
    await server.db.query('UPDATE passkeys SET counter = 0');
  });

  it('is refused with a wrong assertion, which is recorded, and the ticket is unchanged', async () => {
    const { screen, options } = await scanned();
    const other = await signedInPhone(server.url);
    const { authenticator: foreign } = await addPasskey(other);
    const elsewhere = await scanned(other);
    const earlier = await scanned();
    await phone.scan(screen);
    const again = (await phone.scan(screen)).body.verification as any;
    const attacks: Record<string, object> = {
      'another ticket': authenticator.get(earlier.options),
      'a ticket of another account': authenticator.get(elsewhere.options),
      'an earlier scan': authenticator.get(options),
      'a passkey of another account': foreign.get(again),
      'another origin': authenticator.get(again, { origin: 'https://login.example.com' }),
      'another relying party': authenticator.get(again, { rpId: 'example.com' }),
      'a user who was not verified': authenticator.get(again, { isVerified: false }),
      'a challenge of its own': authenticator.get(again, { challenge: 'AAAA' }),
      'a registration': authenticator.get(again, { type: 'webauthn.create' }),
    };
    const before = await rowOf(server.db, screen);
    for (const [which, assertion] of Object.entries(attacks)) {
      expect(await confirmWith(screen, assertion), which).toMatchObject(FAILED);
    }
    expect(await rowOf(server.db, screen)).toEqual(before);
    const { body } = await phone.as('GET', '/v1/account/events?kind=ticket.refused');
    expect(body.events[0]).toMatchObject({
      detail: { code: 'verification_failed' },
      count: Object.keys(attacks).length,
    });
    expect((await confirmWith(screen, authenticator.get(again))).status).toBe(204);
  });

  it('is refused with what was signed for a screen with another key', async () => {
    const { screen, options } = await scanned();
    // as if the ticket were another, with all else alike
    await server.db.query('UPDATE tickets SET key_thumbprint = $2 WHERE uuid = $1', [screen.uuid, 'x'.repeat(43)]);
    expect(await confirmWith(screen, authenticator.get(options))).toMatchObject(FAILED);
  });

  it('is refused with a passkey that was removed', async () => {
    const owner = await signedInPhone(server.url);
    const { authenticator: kept } = await addPasskey(owner);
    const { authenticator: lost, id } = await addPasskey(owner);
    const { screen, options } = await scanned(owner);
    expect((await owner.as('DELETE', `/v1/passkeys/${id}`)).status).toBe(204);
    expect(await confirmWith(screen, lost.get(options), {}, owner)).toMatchObject(FAILED);
    expect((await confirmWith(screen, kept.get(options), {}, owner)).status).toBe(204);
  });

  it('is refused when the counter shows a copy of the passkey', async () => {
    const owner = await signedInPhone(server.url);
    const { authenticator: copied } = await addPasskey(owner);
    const first = await scanned(owner);
    expect((await confirmWith(first.screen, copied.get(first.options, { counter: 9 }), {}, owner)).status).toBe(204);
    const second = await scanned(owner);
    expect(await confirmWith(second.screen, copied.get(second.options, { counter: 9 }), {}, owner)).toMatchObject(
      FAILED,
    );
  });

  it('cannot be made by an account without a passkey', async () => {
    const owner = await signedInPhone(server.url);
    const { screen, options, requires } = await scanned(owner);
    expect(requires).toMatchObject({ verification: true });
    expect(options).toBeUndefined();
    expect(await confirmWith(screen, undefined, {}, owner)).toMatchObject(REQUIRED);
    expect((await owner.deny(screen)).status).toBe(204);
  });

  it('tells another phone nothing about the verification', async () => {
    const { screen, options } = await scanned();
    const stranger = await signedInPhone(server.url);
    stranger.scanToken = phone.scanToken;
    const response = await confirmWith(screen, authenticator.get(options), {}, stranger);
    expect(response.body.code).toBe('ticket_not_yours');
  });

  it('counts no wrong number before the user is verified, and needs both', async () => {
    const { url } = await startAppForTest({ CONFIRM_VERIFY: 'always', CONFIRM_CHALLENGE: 'number' });
    const owner = await signedInPhone(url);
    const { authenticator: own } = await addPasskey(owner);
    const { screen, options } = await scanned(owner, url);
    const { number } = (await screen.poll('pending')).body;
    const wrong = { number: number === 99 ? 10 : number + 1 };
    expect(await confirmWith(screen, undefined, wrong, owner)).toMatchObject(REQUIRED);
    expect(await confirmWith(screen, undefined, { number }, owner)).toMatchObject(REQUIRED);
    const assertion = own.get(options, { counter: 1 });
    expect((await confirmWith(screen, assertion, wrong, owner)).body).toMatchObject({
      code: 'number_wrong',
      triesLeft: 2,
    });
    expect((await confirmWith(screen, assertion, { number }, owner)).status).toBe(204);
  });
});

describe('CONFIRM_VERIFY', () => {
  it('asks with auto only the accounts that have a passkey', async () => {
    const { url } = await startAppForTest({ CONFIRM_CHALLENGE: 'off', CONFIRM_VERIFY: 'auto' });
    const owner = await signedInPhone(url);
    const without = await scanned(owner, url);
    expect(without.requires).toMatchObject({ verification: false });
    expect((await confirmWith(without.screen, undefined, {}, owner)).status).toBe(204);
    const { authenticator: own } = await addPasskey(owner);
    const { screen, options, requires } = await scanned(owner, url);
    expect(requires).toMatchObject({ verification: true });
    expect(await confirmWith(screen, undefined, {}, owner)).toMatchObject(REQUIRED);
    expect((await confirmWith(screen, own.get(options), {}, owner)).status).toBe(204);
  });

  it('asks with auto only for a reason, and goes on asking when a later scan has none', async () => {
    const { url, db } = await startAppForTest({ CONFIRM_CHALLENGE: 'off', CONFIRM_VERIFY: 'auto' });
    const owner = await signedInPhone(url);
    await addPasskey(owner);
    const { screen, requires } = await scanned(owner, url);
    expect(requires).toMatchObject({ verification: true, reasons: ['new_screen', 'screen_without_key'] });
    // as if the account had signed in there, with the key that the ticket names
    const key = 'k'.repeat(43);
    await db.query(
      `INSERT INTO known_screens (id, account_id, device_id, key_thumbprint) VALUES (gen_random_uuid(), $1, $2, $3)`,
      [owner.tokens!.account.id, screen.id, key],
    );
    const nameKey = () => db.query('UPDATE tickets SET key_thumbprint = $2 WHERE uuid = $1', [screen.uuid, key]);
    await nameKey();
    expect((await owner.scan(screen)).body.requires).toMatchObject({ verification: true, reasons: [] });
    await screen.open();
    await nameKey();
    const known = await owner.scan(screen);
    expect(known.body.requires).toMatchObject({ verification: false, reasons: [] });
    expect((await confirmWith(screen, undefined, {}, owner)).status).toBe(204);
  });

  it('asks nobody by default, and an assertion that is not needed is no error', async () => {
    const { url } = await startAppForTest({ CONFIRM_CHALLENGE: 'off' });
    const owner = await signedInPhone(url);
    const { authenticator: own } = await addPasskey(owner);
    const { screen, options, requires } = await scanned(owner, url);
    expect(requires).toMatchObject({ verification: false });
    expect(options).toBeUndefined();
    const assertion = own.get({ challenge: 'AAAA', rpId: 'localhost' });
    expect((await confirmWith(screen, assertion, {}, owner)).status).toBe(204);
  });

  it('works at PUBLIC_URL, and at the origins of PASSKEY_ORIGINS', async () => {
    const app = 'android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck';
    const { url } = await startAppForTest({
      CONFIRM_CHALLENGE: 'off',
      CONFIRM_VERIFY: 'always',
      PUBLIC_URL: 'https://login.example.org',
      PASSKEY_ORIGINS: `https://app.login.example.org,${app}`,
    });
    const owner = await signedInPhone(url);
    await expect(addPasskey(owner)).rejects.toThrow('/credential');
    const own = new Authenticator('https://login.example.org');
    const creation = (await owner.as('POST', '/v1/passkeys/options')).body;
    expect(creation.rp.id).toBe('login.example.org');
    expect((await owner.as('POST', '/v1/passkeys', { credential: own.create(creation) })).status).toBe(201);
    for (const origin of ['https://login.example.org', 'https://app.login.example.org', app]) {
      const { screen, options } = await scanned(owner, url);
      expect((await confirmWith(screen, own.get(options, { origin }), {}, owner)).status, origin).toBe(204);
    }
    const { screen, options } = await scanned(owner, url);
    const local = own.get(options, { origin: localOrigin(url) });
    expect(await confirmWith(screen, local, {}, owner)).toMatchObject(FAILED);
  });
});
