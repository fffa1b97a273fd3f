import { randomUUID } from 'node:crypto';
import { Clock } from '@scan-login/nest/common';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Phone, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { Authenticator } from '../support/authenticator.js';
import { DeviceKey } from '../support/device-key.js';
import { call } from '../support/http.js';
import { addPasskey, localOrigin } from '../support/passkeys.js';

let server: RunningApp;
let phone: Phone;
beforeAll(async () => {
  server = await startApp({ SIGN_IN_FAILURES_PER_ADDRESS: '0', SESSIONS_PER_DEVICE_TYPE: '0' });
  phone = await signedInPhone(server.url);
});
afterAll(() => server.close());

const newOptions = async () => (await phone.as('POST', '/v1/passkeys/options')).body;
const signInOptions = async (url = server.url) => (await call('POST', `${url}/v1/sessions/passkey/options`)).body;
const add = (credential: object) => phone.as('POST', '/v1/passkeys', { credential });
const listed = async (whose = phone) => (await whose.as('GET', '/v1/passkeys')).body.passkeys;
const events = async (event: string) =>
  (await phone.as('GET', `/v1/account/events?kind=${event}`)).body.events as { detail: object }[];

async function signInWith(assertion: object, device: object = {}, headers: Record<string, string> = {}) {
  const json = { assertion, device: { id: randomUUID(), type: 'phone', ...device } };
  return call('POST', `${server.url}/v1/sessions/passkey`, { json, headers });
}

const REFUSED = { status: 401, body: { code: 'invalid_credentials' } };
const NOT_ADDED = { status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/credential' }] } };

describe('adding a passkey', () => {
  it('makes one of the account, which is listed until it is removed', async () => {
    const { id } = await addPasskey(phone);
    const shown = { id, name: 'My phone', isSynced: false, lastUsedAt: null, createdAt: expect.any(String) };
    expect(await listed()).toContainEqual(shown);
    expect(await events('passkey.added')).toContainEqual(expect.objectContaining({ detail: { passkeyId: id } }));
    expect((await phone.as('DELETE', `/v1/passkeys/${id}`)).status).toBe(204);
    expect(await listed()).not.toContainEqual(shown);
    expect(await events('passkey.removed')).toContainEqual(expect.objectContaining({ detail: { passkeyId: id } }));
    expect((await phone.as('DELETE', `/v1/passkeys/${id}`)).body.code).toBe('passkey_not_found');
  });

  it('asks for one that names its account and verifies its user, and not for one that is there already', async () => {
    const { authenticator } = await addPasskey(phone);
    const options = await newOptions();
    expect(options).toMatchObject({
      rp: { id: 'localhost' },
      user: { name: phone.username },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: expect.arrayContaining([expect.objectContaining({ id: authenticator.id })]),
    });
    // the id of the account stays out of authenticators
    expect(Buffer.from(options.user.id, 'base64url').toString()).not.toContain(phone.tokens!.account.id);
  });

  it('takes each challenge once, and none that is not its own account’s', async () => {
    const authenticator = new Authenticator(localOrigin(server.url));
    const options = await newOptions();
    const credential = authenticator.create(options);
    const stranger = await signedInPhone(server.url);
    expect(await stranger.as('POST', '/v1/passkeys', { credential })).toMatchObject(NOT_ADDED);
    expect((await add(credential)).status).toBe(201);
    const second = new Authenticator(localOrigin(server.url));
    expect(await add(second.create(options))).toMatchObject(NOT_ADDED);
    expect(await add(second.create(await signInOptionsAsCreation()))).toMatchObject(NOT_ADDED);
    expect(await add(second.create({ ...options, challenge: 'AAAA' }))).toMatchObject(NOT_ADDED);
  });

  it('refuses a passkey twice, one of another page, and one whose user was not verified', async () => {
    const { authenticator } = await addPasskey(phone);
    expect(await add(authenticator.create(await newOptions()))).toMatchObject(NOT_ADDED);
    const made = new Authenticator(localOrigin(server.url));
    for (const changes of [
      { origin: 'http://localhost:1' },
      { rpId: 'example.org' },
      { type: 'webauthn.get' },
      { isVerified: false },
    ]) {
      expect(await add(made.create(await newOptions(), changes)), JSON.stringify(changes)).toMatchObject(NOT_ADDED);
    }
    expect((await add(made.create(await newOptions()))).status).toBe(201);
  });

  it('reads no attestation, whose certificates would name addresses for the server to fetch', async () => {
    const authenticator = new Authenticator(localOrigin(server.url));
    const attStmt = new Map([['x5c', [new Uint8Array(9)]]]);
    const credential = authenticator.create(await newOptions(), { statement: { fmt: 'apple', attStmt } });
    expect((await add(credential)).status).toBe(201);
    const none = { ...credential, response: { ...credential.response, attestationObject: 'AAAA' } };
    expect(await add(none)).toMatchObject(NOT_ADDED);
  });

  it('is for a phone, and none of it for a companion', async () => {
    const desktop = await signedInPhone(server.url, phone.username, 'desktop');
    const credential = new Authenticator(localOrigin(server.url)).create(await newOptions());
    for (const [path, body] of [['/options'], ['', { credential }]] as const) {
      expect((await desktop.as('POST', `/v1/passkeys${path}`, body)).body.code).toBe('device_not_allowed');
    }
    const companion = await signedInScreen(server.url, phone);
    for (const [method, path, body] of [
      ['POST', '/options'],
      ['POST', '', { credential }],
      ['GET', ''],
      ['DELETE', `/${randomUUID()}`],
    ] as const) {
      expect((await companion.as(method, `/v1/passkeys${path}`, body)).body.code, path).toBe('companion_session');
    }
  });

  it('is limited to twenty, and does not show or remove those of another account', async () => {
    const [owner, stranger] = [await signedInPhone(server.url), await signedInPhone(server.url)];
    const { id } = await addPasskey(owner);
    for (let nth = 1; nth < 20; nth += 1) await addPasskey(owner);
    await expect(addPasskey(owner)).rejects.toThrow('passkey_limit_reached');
    expect(await listed(stranger)).toEqual([]);
    expect((await stranger.as('DELETE', `/v1/passkeys/${id}`)).body.code).toBe('passkey_not_found');
    expect(await listed(owner)).toHaveLength(20);
  });

  it('is limited to twenty, of several at the same moment too', async () => {
    const owner = await signedInPhone(server.url);
    for (let nth = 1; nth < 20; nth += 1) await addPasskey(owner);
    const make = async () =>
      new Authenticator(localOrigin(server.url)).create((await owner.as('POST', '/v1/passkeys/options')).body);
    const credentials = await Promise.all(Array.from({ length: 4 }, make));
    const holding = await begun();
    await holding.query('LOCK TABLE passkeys IN SHARE MODE');
    const adding = credentials.map((credential) => owner.as('POST', '/v1/passkeys', { credential }));
    await toWait(4);
    await holding.commitTransaction();
    const responses = await Promise.all(adding);
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(responses.filter(({ body }) => body.code === 'passkey_limit_reached')).toHaveLength(3);
  });

  it('is refused to a session that ends at that moment: a thief keeps nothing to sign in with', async () => {
    const thief = await signedInPhone(server.url, phone.username);
    const { body: options } = await thief.as('POST', '/v1/passkeys/options');
    const credential = new Authenticator(localOrigin(server.url)).create(options);
    const before = await listed();
    const ending = await begun();
    await ending.query("UPDATE sessions SET ended_at = now(), ended_reason = 'revoked' WHERE id = $1", [
      thief.tokens!.session.id,
    ]);
    const adding = thief.as('POST', '/v1/passkeys', { credential });
    await Promise.race([adding, toWait(1)]);
    await ending.commitTransaction();
    expect(await adding).toMatchObject({ status: 401, body: { code: 'session_ended', reason: 'revoked' } });
    expect(await listed()).toEqual(before);
  });
});

describe('signing in with a passkey', () => {
  it.each(['phone', 'web', 'desktop', 'tv', 'cli'])('starts a session on a %s, which is no companion', async (type) => {
    const { authenticator } = await addPasskey(phone);
    const device = { id: randomUUID(), type };
    const response = await signInWith(authenticator.get(await signInOptions()), device);
    expect(response).toMatchObject({ status: 201, body: { account: { id: phone.tokens!.account.id } } });
    const headers = { authorization: `Bearer ${response.body.accessToken}`, 'x-device-id': device.id };
    expect((await call('GET', `${server.url}/v1/passkeys`, { headers })).status).toBe(200);
    const [session] = await server.db.query('SELECT began_by FROM sessions WHERE id = $1', [response.body.session.id]);
    expect(session).toEqual({ began_by: 'passkey' });
  });

  it('tells no names to one who asks: the passkey names its account itself', async () => {
    const options = await signInOptions();
    expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required' });
    expect(options.allowCredentials ?? []).toEqual([]);
  });

  it('binds the session to a key that is proved', async () => {
    const { authenticator } = await addPasskey(phone);
    const key = await DeviceKey.make();
    const dpop = await key.proof('POST', `${server.url}/v1/sessions/passkey`);
    const { body } = await signInWith(authenticator.get(await signInOptions()), {}, { dpop });
    expect(body.tokenType).toBe('DPoP');
  });

  it('is refused alike for all failures: unknown, removed, repeated, tampered, of a deleted account', async () => {
    const { authenticator, id } = await addPasskey(phone);
    const assert = async (changes: object = {}) => authenticator.get(await signInOptions(), changes);
    const used = await assert();
    expect((await signInWith(used)).status).toBe(201);
    const signed = await assert();
    const other = await signedInPhone(server.url);
    const { authenticator: foreign } = await addPasskey(other);
    await server.db.query('DELETE FROM accounts WHERE id = $1', [other.tokens!.account.id]);
    const attacks: Record<string, object> = {
      unknown: new Authenticator(localOrigin(server.url)).get(await signInOptions()),
      repeated: used,
      'another origin': await assert({ origin: 'http://localhost:1' }),
      'another relying party': await assert({ rpId: 'example.org' }),
      'a user who was not verified': await assert({ isVerified: false }),
      'another user': await assert({ userHandle: Buffer.from('somebody else').toString('base64url') }),
      'no challenge of ours': await assert({ challenge: 'AAAA' }),
      'the challenge of a new passkey': await assert({ challenge: (await newOptions()).challenge }),
      'a registration': await assert({ type: 'webauthn.create' }),
      'another signature': { ...signed, response: { ...signed.response, signature: used.response.signature } },
      'a deleted account': foreign.get(await signInOptions()),
    };
    const bodies = new Set<string>();
    for (const [which, assertion] of Object.entries(attacks)) {
      const response = await signInWith(assertion);
      expect(response, which).toMatchObject(REFUSED);
      bodies.add(JSON.stringify(response.body));
    }
    expect((await signInWith(await assert())).status).toBe(201);
    await phone.as('DELETE', `/v1/passkeys/${id}`);
    const removed = await signInWith(await assert());
    expect(removed).toMatchObject(REFUSED);
    expect(bodies.add(JSON.stringify(removed.body)).size).toBe(1);
  });

  it('is refused, and recorded, when the counter shows a copy of the passkey', async () => {
    const { authenticator, id } = await addPasskey(phone);
    const assert = async (counter: number) => authenticator.get(await signInOptions(), { counter });
    expect((await signInWith(await assert(4_294_967_290))).status).toBe(201);
    for (const counter of [4_294_967_290, 7, 0]) expect(await signInWith(await assert(counter))).toMatchObject(REFUSED);
    const copied = expect.objectContaining({ event: 'passkey.counter_regressed', detail: { passkeyId: id } });
    expect(await events('passkey.counter_regressed')).toContainEqual(copied);
    expect((await signInWith(await assert(4_294_967_295))).status).toBe(201);
  });

  it('lets exactly one of twenty repetitions in', async () => {
    const { authenticator } = await addPasskey(phone);
    const assertion = authenticator.get(await signInOptions());
    const responses = await Promise.all(Array.from({ length: 20 }, () => signInWith(assertion)));
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 401)).toHaveLength(19);
  });

  it('refuses a challenge after five minutes, and one whose time a client has prolonged', async () => {
    const { authenticator } = await addPasskey(phone);
    const options = await signInOptions();
    const prolonged = Buffer.from(options.challenge, 'base64url');
    prolonged.writeUIntBE(prolonged.readUIntBE(0, 6) + 60_000, 0, 6);
    const changed = { challenge: prolonged.toString('base64url') };
    expect(await signInWith(authenticator.get(options, changed))).toMatchObject(REFUSED);
    const clock = server.app.get(Clock);
    const later = clock.now() + 300_000;
    const now = vi.spyOn(clock, 'now').mockImplementation(() => later);
    expect(await signInWith(authenticator.get(options))).toMatchObject(REFUSED);
    now.mockRestore();
    expect((await signInWith(authenticator.get(options))).status).toBe(201);
  });

  it('is throttled by address, and counts against no user name', async () => {
    const { url } = await startAppForTest({ TRUST_PROXY: 'loopback', SIGN_IN_FAILURES_PER_ADDRESS: '3' });
    const wrong = async (ip: string) => {
      const assertion = new Authenticator(localOrigin(url)).get(await signInOptions(url));
      const json = { assertion, device: { id: randomUUID(), type: 'phone' } };
      return (await call('POST', `${url}/v1/sessions/passkey`, { json, headers: { 'x-forwarded-for': ip } })).body.code;
    };
    for (let nth = 0; nth < 3; nth += 1) expect(await wrong('203.0.113.1')).toBe('invalid_credentials');
    expect(await wrong('203.0.113.1')).toBe('too_many_attempts');
    expect(await wrong('203.0.113.2')).toBe('invalid_credentials');
    const owner = await signedInPhone(url);
    const { authenticator } = await addPasskey(owner);
    const json = {
      assertion: authenticator.get(await signInOptions(url)),
      device: { id: randomUUID(), type: 'phone' },
    };
    const headers = { 'x-forwarded-for': '203.0.113.2' };
    expect((await call('POST', `${url}/v1/sessions/passkey`, { json, headers })).status).toBe(201);
  });
});

/** A transaction beside those of the server. */
async function begun() {
  const runner = server.db.createQueryRunner();
  onTestFinished(() => runner.release());
  await runner.startTransaction();
  return runner;
}

/** Until so many statements wait for locks of other transactions. */
const toWait = (count: number) =>
  vi.waitFor(
    async () => {
      const waiting = await server.db.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      expect(waiting).toHaveLength(count);
    },
    { interval: 5, timeout: 5000 },
  );

async function signInOptionsAsCreation() {
  const { challenge } = await signInOptions();
  return { ...(await newOptions()), challenge };
}
