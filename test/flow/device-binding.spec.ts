import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, type Phone, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { Authenticator } from '../support/authenticator.js';
import { call } from '../support/http.js';
import { addPasskey, localOrigin } from '../support/passkeys.js';

let server: RunningApp;
/** Every call of the document that takes an access token, such as `POST /v1/tickets/{uuid}/scan`. */
let tokenCalls: string[];
beforeAll(async () => {
  server = await startApp();
  const { paths } = (await call('GET', `${server.url}/openapi.json`)).body;
  tokenCalls = Object.keys(paths).flatMap((path) =>
    Object.keys(paths[path])
      .filter((method) => paths[path][method].security?.some((scheme: object) => 'session' in scheme))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

const mismatch = { status: 403, body: { code: 'device_mismatch' } };

let phone: Phone;
let other: Screen;
let scanned: Screen;
/** The calls that succeed on the right device, in an order in which all of them do. */
let does: Record<string, { path?: string; body?: object }>;
beforeEach(async () => {
  phone = await signedInPhone(server.url);
  other = await signedInScreen(server.url, phone);
  const [unscanned, denied] = [await openedScreen(), await openedScreen()];
  scanned = await openedScreen();
  const decided = await openedScreen();
  await phone.scan(decided);
  await phone.confirm(decided);
  const deny = { scanToken: (await phone.scan(denied)).body.scanToken };
  const confirm = { scanToken: (await phone.scan(scanned)).body.scanToken };
  const [screen] = (await phone.as('GET', '/v1/account/screens')).body.screens;
  const passkey = await addPasskey(phone);
  const credential = new Authenticator(localOrigin(server.url)).create(
    (await phone.as('POST', '/v1/passkeys/options')).body,
  );
  does = {
    'GET /v1/account': {},
    'GET /v1/account/events': {},
    'GET /v1/account/notices': {},
    'GET /v1/account/screens': {},
    'POST /v1/account/screens/{id}/acknowledge': { path: `/v1/account/screens/${screen.id}/acknowledge` },
    'GET /v1/passkeys': {},
    'POST /v1/passkeys/options': {},
    'POST /v1/passkeys': { body: { credential } },
    'DELETE /v1/passkeys/{id}': { path: `/v1/passkeys/${passkey.id}` },
    'GET /v1/sessions': {},
    'POST /v1/tickets/{uuid}/scan': { path: `/v1/tickets/${unscanned.uuid}/scan` },
    'POST /v1/tickets/{uuid}/confirm': { path: `/v1/tickets/${scanned.uuid}/confirm`, body: confirm },
    'POST /v1/tickets/{uuid}/deny': { path: `/v1/tickets/${denied.uuid}/deny`, body: deny },
    'GET /v1/tickets/{uuid}/outcome': { path: `/v1/tickets/${decided.uuid}/outcome?wait=0` },
    'DELETE /v1/sessions/{id}': { path: `/v1/sessions/${other.tokens!.session.id}` },
    'DELETE /v1/account/screens/{id}': { path: `/v1/account/screens/${screen.id}` },
    'DELETE /v1/sessions/unknown': {},
    'POST /v1/account/password': { body: { current: PASSWORD, new: 'a new and better one' } },
    'DELETE /v1/sessions/current': {},
  };
});

async function openedScreen(): Promise<Screen> {
  const screen = new Screen(server.url);
  await screen.open();
  return screen;
}

function perform(name: string, deviceId: string | undefined) {
  const [method, path] = name.split(' ');
  return phone.as(method!, does[name]!.path ?? path!, does[name]!.body, { 'x-device-id': deviceId });
}

function everyRow(): Promise<unknown> {
  const tables = ['accounts', 'sessions', 'tickets', 'refresh_tokens'];
  return Promise.all(tables.map((table) => server.db.query(`SELECT * FROM ${table} ORDER BY 1`)));
}

/** Device ids that are not the phone's, some of them similar. */
function wrongNames(): Record<string, string | undefined> {
  return {
    missing: undefined,
    empty: '',
    another: 'another-device',
    "another device's of the same account": other.id,
    'upper case': phone.id.toUpperCase(),
    'cut short': phone.id.slice(0, -1),
    'with something behind it': `${phone.id}x`,
    'two of them': `${phone.id}, ${phone.id}`,
    'longer than any': 'x'.repeat(129),
    'longer by far': phone.id + 'x'.repeat(8000),
    'of other characters': 'ünïcödé',
  };
}

describe('a token is worth nothing on a device that it is not bound to', () => {
  it('for any call: each refuses every other id, and changes nothing', async () => {
    expect(Object.keys(does).sort()).toEqual(tokenCalls.sort());
    const before = await everyRow();
    for (const name of tokenCalls) {
      for (const [which, deviceId] of Object.entries(wrongNames())) {
        expect(await perform(name, deviceId), `${name}, name of the device: ${which}`).toMatchObject(mismatch);
      }
    }
    expect(await everyRow()).toEqual(before);
  });

  it('while the same calls succeed on its own', async () => {
    // a stream has no end, and tests of its own
    const calls = Object.keys(does).filter((name) => name !== 'GET /v1/account/notices');
    for (const name of calls) expect((await perform(name, phone.id)).status, name).toBeLessThan(300);
  });

  it('even if it is a refresh token, which is not used up by the attempt', async () => {
    const before = await everyRow();
    for (const [which, deviceId] of Object.entries(wrongNames())) {
      const wrong = await call('POST', `${server.url}/v1/sessions/refresh`, {
        json: { refreshToken: phone.tokens!.refreshToken },
        headers: { 'x-device-id': deviceId },
      });
      expect(wrong, which).toMatchObject(mismatch);
    }
    expect(await everyRow()).toEqual(before);
    expect((await phone.refresh()).status).toBe(200);
  });

  it('nor in a redeem, which leaves the ticket as it was', async () => {
    await phone.confirm(scanned);
    const before = await everyRow();
    const names = { ...wrongNames(), "the phone's": phone.id, 'a little more': `${scanned.id}x` };
    for (const [which, deviceId] of Object.entries(names)) {
      expect(await scanned.redeem({ device: deviceId ?? null }), which).toMatchObject(mismatch);
    }
    expect(await everyRow()).toEqual(before);
    expect((await scanned.redeem()).status).toBe(200);
  });

  it("and two devices that swap their ids cannot use each other's session", async () => {
    expect(await phone.as('GET', '/v1/account', undefined, { 'x-device-id': other.id })).toMatchObject(mismatch);
    expect(await other.as('GET', '/v1/account', undefined, { 'x-device-id': phone.id })).toMatchObject(mismatch);
    const stranger = await signedInPhone(server.url);
    expect(await stranger.as('GET', '/v1/account', undefined, { 'x-device-id': phone.id })).toMatchObject(mismatch);
  });
});

describe('the identity of a caller comes from the token alone', () => {
  it('and not from other headers or the query', async () => {
    const victim = await signedInPhone(server.url);
    const { id } = victim.tokens!.account;
    const said = { 'x-account-id': id, 'x-user-id': id, 'x-session-id': victim.tokens!.session.id };
    const response = await phone.as('GET', `/v1/account?accountId=${id}&sub=${id}`, undefined, said);
    expect(response.body.id).toBe(phone.tokens!.account.id);
    const withoutToken = await call('GET', `${server.url}/v1/account`, {
      headers: { ...said, 'x-device-id': victim.id },
    });
    expect(withoutToken.status).toBe(401);
  });

  it('and not from a body, where it is refused', async () => {
    const victim = await signedInPhone(server.url);
    const { id } = victim.tokens!.account;
    const before = await everyRow();
    for (const name of tokenCalls.filter((each) => each.startsWith('POST'))) {
      for (const field of ['accountId', 'account_id', 'sub', 'userId', 'sessionId', 'device']) {
        const [, path] = name.split(' ');
        const body = { ...does[name]!.body, [field]: id };
        const response = await phone.as('POST', does[name]!.path ?? path!, body);
        expect(response, `${name} with ${field}`).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
        expect(response.body.errors).toContainEqual({ pointer: `/${field}`, detail: expect.any(String) });
      }
    }
    expect(await everyRow()).toEqual(before);
  });

  it('so a ticket is confirmed for the account that scanned it, whoever opened it', async () => {
    const screen = await openedScreen();
    await phone.scan(screen);
    await phone.confirm(screen);
    expect((await screen.redeem()).body.account.id).toBe(phone.tokens!.account.id);
  });
});
