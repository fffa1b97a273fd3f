import { decodeJwt, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Phone, Screen, signedInPhone, type Tokens } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { DeviceKey } from '../support/device-key.js';
import { call } from '../support/http.js';

let server: RunningApp;
let other: RunningApp;
let phone: Phone;
let key: DeviceKey;
let stranger: DeviceKey;
beforeAll(async () => {
  server = await startApp({ PUBLIC_URL: 'https://login.example.org' });
  other = await startApp({ PUBLIC_URL: 'https://login.example.org', DATABASE_URL: server.databaseUrl });
  phone = await signedInPhone(server.url);
  [key, stranger] = [await DeviceKey.make(), await DeviceKey.make()];
});
afterAll(() => Promise.all([server.close(), other.close()]));

/** The address that clients know. */
const PUBLIC = 'https://login.example.org';
const refused = { status: 401, body: { code: 'proof_invalid' } };

async function confirmedScreen(): Promise<Screen> {
  const screen = new Screen(server.url, 'tv');
  await screen.open();
  await phone.scan(screen);
  await phone.confirm(screen);
  return screen;
}

function redeem(screen: Screen, proof?: string) {
  const headers = { 'x-ticket-secret': screen.secret, 'x-device-id': screen.id, dpop: proof };
  return call('POST', `${server.url}/v1/tickets/${screen.uuid}/redeem`, { headers });
}

async function boundScreen(): Promise<Screen> {
  const screen = await confirmedScreen();
  const response = await redeem(screen, await key.proof('POST', `${PUBLIC}/v1/tickets/${screen.uuid}/redeem`));
  screen.tokens = response.body as Tokens;
  return screen;
}

function account(screen: Screen, proof: string | undefined, { scheme = 'DPoP', at = server, path = '' } = {}) {
  const headers = {
    authorization: `${scheme} ${screen.tokens!.accessToken}`,
    'x-device-id': screen.id,
    dpop: proof,
  };
  return call('GET', `${at.url}/v1/account${path}`, { headers });
}

const proofFor = (screen: Screen, claims?: object, header?: object, by = key) =>
  by.proof('GET', `${PUBLIC}/v1/account`, screen.tokens!.accessToken, { ...claims }, header);

describe('a screen that proves a key at redeem', () => {
  it('gets tokens that are bound to it, and calls with a fresh proof each time', async () => {
    const screen = await boundScreen();
    expect(screen.tokens!.tokenType).toBe('DPoP');
    expect(decodeJwt(screen.tokens!.accessToken)).toMatchObject({ cnf: { jkt: key.thumbprint } });
    for (const at of [server, other, server]) {
      expect((await account(screen, await proofFor(screen), { at })).status).toBe(200);
    }
    // a proof does not cover the query
    expect((await account(screen, await proofFor(screen), { path: '?a=b' })).status).toBe(200);
  });

  it('is safe when its token is stolen: without the key it is useless', async () => {
    const screen = await boundScreen();
    const calls = {
      'as a bearer token': () => account(screen, undefined, { scheme: 'Bearer' }),
      'as a bearer token, with a proof of another key': async () =>
        account(screen, await proofFor(screen, {}, {}, stranger), { scheme: 'Bearer' }),
      'without a proof': () => account(screen, undefined),
      'with a proof of another key': async () => account(screen, await proofFor(screen, {}, {}, stranger)),
      "with another's proof that names the right key": async () =>
        account(screen, await proofFor(screen, {}, { jwk: key.jwk }, stranger)),
    };
    for (const [how, steal] of Object.entries(calls)) {
      const response = await steal();
      expect(response, how).toMatchObject(refused);
      expect(response.headers.get('www-authenticate'), how).toContain('DPoP error="invalid_dpop_proof", algs="ES256"');
    }
    const [{ used }] = await server.db.query('SELECT used_at IS NOT NULL AS used FROM sessions WHERE id = $1', [
      screen.tokens!.session.id,
    ]);
    expect(used).toBe(false);
    expect((await account(screen, await proofFor(screen))).status).toBe(200);
  });

  it('uses each proof once, wherever it is sent again', async () => {
    const screen = await boundScreen();
    const proof = await proofFor(screen);
    const responses = await Promise.all(
      Array.from({ length: 10 }, (_, nth) => account(screen, proof, { at: nth % 2 ? server : other })),
    );
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 401)).toHaveLength(9);
  });

  it('makes each proof for one call: this method, this address, this token, this minute', async () => {
    const [screen, another] = [await boundScreen(), await boundScreen()];
    const now = Math.floor(Date.now() / 1000);
    const proofs: Record<string, string> = {
      'another method': await proofFor(screen, { htm: 'POST' }),
      'another address': await proofFor(screen, { htu: `${PUBLIC}/v1/sessions` }),
      'another server': await proofFor(screen, { htu: 'https://evil.example/v1/account' }),
      'no address': await proofFor(screen, { htu: 'account' }),
      'another token': await key.proof('GET', `${PUBLIC}/v1/account`, another.tokens!.accessToken),
      'no token': await key.proof('GET', `${PUBLIC}/v1/account`),
      'ten minutes ago': await proofFor(screen, { iat: now - 600 }),
      'in ten minutes': await proofFor(screen, { iat: now + 600 }),
      'no time': await proofFor(screen, { iat: undefined }),
      'no name': await proofFor(screen, { jti: undefined }),
      'a name too long': await proofFor(screen, { jti: 'x'.repeat(300) }),
      'another kind of token': await proofFor(screen, {}, { typ: 'at+jwt' }),
      'no key': await proofFor(screen, {}, { jwk: undefined }),
      'a private key': await proofFor(screen, {}, { jwk: await key.privateJwk() }),
      'a shared secret': await new SignJWT({ htm: 'GET', htu: `${PUBLIC}/v1/account`, jti: 'x', iat: now })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: 'c2VjcmV0' } as never })
        .sign(Buffer.from('secret')),
      'no proof at all': 'x',
      'two proofs': `${await proofFor(screen)}, ${await proofFor(screen)}`,
    };
    for (const [which, proof] of Object.entries(proofs)) {
      expect(await account(screen, proof), which).toMatchObject(refused);
    }
  });

  it('takes no proof for an address that only the Host header names', async () => {
    const screen = await boundScreen();
    const { hostname, port } = new URL(server.url);
    const proof = await key.proof('GET', `http://evil.example:${port}/v1/account`, screen.tokens!.accessToken);
    const { request } = await import('node:http');
    const headers = {
      host: `evil.example:${port}`,
      authorization: `DPoP ${screen.tokens!.accessToken}`,
      'x-device-id': screen.id,
      dpop: proof,
    };
    const status = await new Promise((resolve, reject) => {
      request({ hostname, port, path: '/v1/account', headers }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(401);
  });

  it('gets them again, when the response was lost, with the same key alone', async () => {
    const screen = await confirmedScreen();
    const prove = (by: DeviceKey) => by.proof('POST', `${PUBLIC}/v1/tickets/${screen.uuid}/redeem`);
    expect((await redeem(screen, await prove(key))).status).toBe(200);
    expect((await redeem(screen)).status).toBe(409);
    expect((await redeem(screen, await prove(stranger))).status).toBe(409);
    expect((await redeem(screen, await prove(key))).status).toBe(200);
  });

  it('keeps its ticket when the proof is invalid', async () => {
    const screen = await confirmedScreen();
    expect(await redeem(screen, 'x')).toMatchObject(refused);
    expect(await redeem(screen, await key.proof('GET', PUBLIC))).toMatchObject(refused);
    expect((await redeem(screen)).body.tokenType).toBe('Bearer');
  });

  it('refreshes with the same key alone, and a stolen refresh token is not used up', async () => {
    const screen = await boundScreen();
    const refresh = (dpop?: string) =>
      call('POST', `${server.url}/v1/sessions/refresh`, {
        json: { refreshToken: screen.tokens!.refreshToken },
        headers: { 'x-device-id': screen.id, dpop },
      });
    expect(await refresh()).toMatchObject(refused);
    expect(await refresh(await stranger.proof('POST', `${PUBLIC}/v1/sessions/refresh`))).toMatchObject(refused);
    const fresh = await refresh(await key.proof('POST', `${PUBLIC}/v1/sessions/refresh`));
    expect(fresh).toMatchObject({ status: 200, body: { tokenType: 'DPoP' } });
    screen.tokens = fresh.body as Tokens;
    expect((await account(screen, await proofFor(screen))).status).toBe(200);
  });
});

describe('a phone that proves a key when it signs in', () => {
  it('scans and confirms with proofs, and its token alone does neither', async () => {
    const json = { username: phone.username, password: PASSWORD, device: { id: 'bound-phone', type: 'phone' } };
    const signIn = await call('POST', `${server.url}/v1/sessions`, {
      json,
      headers: { dpop: await key.proof('POST', `${PUBLIC}/v1/sessions`) },
    });
    expect(signIn).toMatchObject({ status: 201, body: { tokenType: 'DPoP' } });
    const { accessToken } = signIn.body as Tokens;
    const screen = new Screen(server.url);
    await screen.open();
    const move = async (name: string, body?: object, isProved = true) => {
      const path = `/v1/tickets/${screen.uuid}/${name}`;
      const dpop = isProved ? await key.proof('POST', PUBLIC + path, accessToken) : undefined;
      const headers = { authorization: `DPoP ${accessToken}`, 'x-device-id': 'bound-phone', dpop };
      return call('POST', server.url + path, { json: body, headers });
    };
    expect(await move('scan', undefined, false)).toMatchObject(refused);
    const { scanToken } = (await move('scan')).body;
    expect(await move('confirm', { scanToken }, false)).toMatchObject(refused);
    expect((await screen.poll('pending')).body.status).toBe('scanned');
    expect((await move('confirm', { scanToken })).status).toBe(204);
    phone = await signedInPhone(server.url);
  });
});

describe('a session that is not bound', () => {
  it('goes on with bearer tokens, and takes no DPoP scheme', async () => {
    const screen = await confirmedScreen();
    await screen.redeem();
    expect((await screen.account()).status).toBe(200);
    expect((await account(screen, await proofFor(screen), { scheme: 'DPoP' })).status).toBe(401);
    expect((await screen.account()).status).toBe(200);
  });
});
