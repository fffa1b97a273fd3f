import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { PASSWORD, type Phone, Screen, screenAt, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { NO_TICKET, NO_TOKEN, refusal } from './support/answers.js';
import { attack } from './support/attack.js';

// Forged, stolen and expired tokens, and tokens used in the wrong place. What only the signing key could forge is in
// test/flow/tokens.spec.ts.

/** Two instances on one database. */
let server: RunningApp;
let sister: RunningApp;
let ada: Phone;
let mallory: Phone;
/** What is public: the key that checks tokens. */
let published: JsonWebKey & { kid: string };

beforeAll(async () => {
  const many = { SESSIONS_PER_DEVICE_TYPE: '0', SCANS_PER_ACCOUNT: '0' };
  server = await startApp(many);
  sister = await startApp({ ...many, DATABASE_URL: server.databaseUrl });
  [ada, mallory] = await Promise.all([signedInPhone(server.url), signedInPhone(server.url)]);
  published = (await call('GET', `${server.url}/.well-known/jwks.json`)).body.keys[0];
});
afterAll(async () => {
  await sister.close();
  await server.close();
});

type Part = Record<string, unknown>;
const encoded = (part: Part) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (token: string, part: 0 | 1): Part =>
  JSON.parse(Buffer.from(token.split('.')[part]!, 'base64url').toString()) as Part;

/** A token for Ada's session; the signature is the attacker's. */
function forged(header: Part, signature: (signed: string) => string | Buffer, claims: Part = {}): string {
  const genuine = ada.tokens!.accessToken;
  const signed = `${encoded({ ...decoded(genuine, 0), ...header })}.${encoded({ ...decoded(genuine, 1), ...claims })}`;
  const made = signature(signed);
  return `${signed}.${typeof made === 'string' ? made : made.toString('base64url')}`;
}

const genuineSignature = () => ada.tokens!.accessToken.split('.')[2]!;
const hmac = (secret: string | Buffer) => (signed: string) => createHmac('sha256', secret).update(signed).digest();
const publicKey = () => createPublicKey({ key: published, format: 'jwk' });
const pem = () => publicKey().export({ type: 'spki', format: 'pem' }) as string;
const mallorysKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const mallorysJwk = () => ({ ...mallorysKey.publicKey.export({ format: 'jwk' }), kid: published.kid, alg: 'ES256' });
const byMallory = (signed: string) =>
  sign('sha256', Buffer.from(signed), { key: mallorysKey.privateKey, dsaEncoding: 'ieee-p1363' });

/** Ada's account, requested with another token on her device. */
function bring(accessToken: string, url = server.url): Promise<HttpResponse> {
  return ada.at(url).as('GET', '/v1/account', undefined, { authorization: `Bearer ${accessToken}` });
}

describe('JWT confusion: a token that the server did not sign', () => {
  const forgeries: Record<string, () => string> = {
    'alg none, unsigned': () => forged({ alg: 'none' }, () => ''),
    'alg none, with a genuine signature': () => forged({ alg: 'none' }, genuineSignature),
    'alg nOnE': () => forged({ alg: 'nOnE' }, () => ''),
    'no alg': () => forged({ alg: undefined }, genuineSignature),
    'a list of algs': () => forged({ alg: ['ES256', 'none'] }, () => ''),
    'alg ES384': () => forged({ alg: 'ES384' }, genuineSignature),
    'HS256 with the published key as PEM': () => forged({ alg: 'HS256' }, hmac(pem())),
    'HS256 with that PEM trimmed': () => forged({ alg: 'HS256' }, hmac(pem().trim())),
    'HS256 with the published key as JWK': () => forged({ alg: 'HS256' }, hmac(JSON.stringify(published))),
    'HS256 with the published key as DER': () =>
      forged({ alg: 'HS256' }, hmac(publicKey().export({ type: 'spki', format: 'der' }))),
    'HS256 with an empty key': () => forged({ alg: 'HS256' }, hmac('')),
    "the attacker's key under our kid": () => forged({}, byMallory),
    "the attacker's key, brought along as jwk": () => forged({ jwk: mallorysJwk() }, byMallory),
    "the attacker's key as jwk, without a kid": () => forged({ jwk: mallorysJwk(), kid: undefined }, byMallory),
    'a kid that is a path': () => forged({ kid: '../../../../dev/null' }, hmac('')),
    'a kid that is SQL': () => forged({ kid: "' UNION SELECT 'x' --" }, byMallory),
    'a kid that is a property of every object': () => forged({ kid: '__proto__' }, byMallory),
    'a signature of zeros': () => forged({}, () => Buffer.alloc(64)),
    'an empty signature': () => forged({}, () => ''),
    'the genuine signature over a later end': () => forged({}, genuineSignature, { exp: 4_102_444_800 }),
    'a session id that is SQL': () => forged({ alg: 'none' }, () => '', { sid: "x' OR true --" }),
    'two tokens glued together': () => `${ada.tokens!.accessToken}.${ada.tokens!.accessToken}`,
    'no JWT at all': () => 'null.null.null',
  };
  for (const [name, make] of Object.entries(forgeries)) {
    attack(`${name}: refused`, {
      given: make,
      when: bring,
      then: (response) => expect(response).toMatchObject(NO_TOKEN),
    });
  }

  attack("Mallory's own genuine token, rewritten to Ada's account and session: refused", {
    given: () => mallory.tokens!.accessToken.split('.') as [string, string, string],
    when: ([header, , signature]) => {
      const { sub, sid } = decoded(ada.tokens!.accessToken, 1);
      const claims = decoded(mallory.tokens!.accessToken, 1);
      return Promise.all(
        [{ sub }, { sid }, { sub, sid }].map((stolen) =>
          bring(`${header}.${encoded({ ...claims, ...stolen })}.${signature}`),
        ),
      );
    },
    then: (responses) => responses.forEach((response) => expect(response).toMatchObject(NO_TOKEN)),
  });

  attack('a key to be fetched from the attacker (jku, x5u, iss): refused, and it is not fetched', {
    given: async () => {
      const asked: string[] = [];
      const keyServer = createServer((request, response) => {
        asked.push(request.url!);
        response.end(JSON.stringify({ keys: [mallorysJwk()] }));
      }).listen(0, '127.0.0.1');
      await once(keyServer, 'listening');
      onTestFinished(() => void keyServer.close());
      return { asked, address: `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}` };
    },
    when: ({ address }) =>
      Promise.all([
        bring(forged({ jku: `${address}/jwks.json` }, byMallory)),
        bring(forged({ jku: `${address}/jwks.json`, kid: randomUUID() }, byMallory)),
        bring(forged({ x5u: `${address}/cert.pem` }, byMallory)),
        bring(forged({ x5c: ['MIIB'] }, byMallory)),
        bring(forged({}, byMallory, { iss: address })),
        bring(forged({ crit: ['exp'] }, byMallory)),
      ]),
    then: (responses, { asked }) => {
      for (const response of responses) expect(response).toMatchObject(NO_TOKEN);
      expect(asked).toEqual([]);
    },
  });

  attack('a flood of made-up tokens: each is refused from memory, without a query to the database', {
    given: async () => {
      const locker = new Client({ connectionString: server.databaseUrl });
      await locker.connect();
      await locker.query('BEGIN; LOCK TABLE sessions, signing_keys, accounts IN ACCESS EXCLUSIVE MODE');
      onTestFinished(() => locker.end());
      return locker;
    },
    when: async (locker) => {
      const kids = Array.from({ length: 50 }, () => forged({ kid: randomUUID() }, byMallory));
      const refused = await Promise.all([...kids, forged({}, byMallory)].map((token) => bring(token)));
      const genuine = bring(ada.tokens!.accessToken);
      // a valid token needs a query, and so waits until the tables are free
      const first = await Promise.race([genuine, locker.query('SELECT 1').then(() => 'still waiting')]);
      await locker.query('COMMIT');
      return { refused, first, genuine: await genuine };
    },
    then: ({ refused, first, genuine }) => {
      for (const response of refused) expect(response).toMatchObject(NO_TOKEN);
      expect(first).toBe('still waiting');
      expect(genuine.status).toBe(200);
    },
  });
});

describe('a token in the wrong place', () => {
  attack('every secret of a login, tried wherever another one belongs: refused everywhere', {
    given: async () => {
      const [signedIn, taken] = [await signedInScreen(server.url, ada), new Screen(server.url)];
      await taken.open();
      await ada.scan(taken);
      return { signedIn, taken };
    },
    when: async ({ signedIn, taken }) => {
      const secrets = {
        access: ada.tokens!.accessToken,
        refresh: ada.tokens!.refreshToken,
        scan: ada.scanToken,
        ticket: taken.secret,
        "another screen's ticket": signedIn.secret,
        "another screen's access": signedIn.tokens!.accessToken,
        uuid: taken.uuid,
      };
      const locks: Record<string, [(token: string) => Promise<HttpResponse>, object]> = {
        access: [bring, { status: expect.toSatisfy((status: number) => status === 401 || status === 403) }],
        refresh: [(token) => ada.refresh(token), NO_TOKEN],
        scan: [(token) => ada.confirm(taken, token), refusal(403, 'scan_token_invalid')],
        ticket: [(token) => taken.poll('pending', { secret: token, wait: 0 }), NO_TICKET],
        'ticket, to redeem': [(token) => taken.redeem({ secret: token }), NO_TICKET],
        'ticket, to cancel': [(token) => taken.cancel(token), NO_TICKET],
      };
      const tried: [string, HttpResponse, object][] = [];
      for (const [lock, [turn, refused]] of Object.entries(locks)) {
        for (const [kind, token] of Object.entries(secrets)) {
          if (lock.split(',')[0] !== kind) tried.push([`${kind} as ${lock}`, await turn(token), refused]);
        }
      }
      return tried;
    },
    then: async (tried, { taken }) => {
      expect(tried).toHaveLength(36);
      for (const [which, response, refused] of tried) expect(response, which).toMatchObject(refused);
      expect((await ada.confirm(taken)).status).toBe(204);
      expect((await taken.redeem()).status).toBe(200);
    },
  });

  attack('an access token in an address, a cookie, a body or another scheme: it counts in its header alone', {
    given: () => ada.tokens!.accessToken,
    when: (token) => {
      const device = { 'x-device-id': ada.id };
      const ask = (query: string, headers: Record<string, string>) =>
        call('GET', `${server.url}/v1/account${query}`, { headers: { ...device, ...headers } });
      return Promise.all([
        ...['access_token', 'token', 'authorization'].flatMap((name) => [
          ask(`?${name}=${token}`, {}),
          ask('', { cookie: `${name}=${token}` }),
          ask('', { [`x-${name}`]: token }),
        ]),
        ...[token, `Basic ${token}`, `Bearer ${token}, Bearer x`, `Bearer "${token}"`].map((said) =>
          ask('', { authorization: said }),
        ),
        call('POST', `${server.url}/v1/account/password`, { json: { access_token: token }, headers: device }),
      ]);
    },
    then: (responses) => responses.forEach((response) => expect(response).toMatchObject(NO_TOKEN)),
  });
});

/** As if that many seconds had passed since its refresh tokens were used. */
async function ageRefreshes(phone: Phone, seconds: number): Promise<void> {
  await server.db.query(
    'UPDATE refresh_tokens SET rotated_at = rotated_at - make_interval(secs => $2) WHERE session_id = $1',
    [phone.tokens!.session.id, seconds],
  );
}

describe('a stolen token', () => {
  attack("the access token without the device's name: refused, and it is written down", {
    given: () => ada.tokens!.accessToken,
    when: (token) =>
      Promise.all(
        [undefined, '', mallory.id, ada.id.slice(1)].map((device) =>
          call('GET', `${server.url}/v1/account`, {
            headers: { authorization: `Bearer ${token}`, 'x-device-id': device },
          }),
        ),
      ),
    then: async (responses) => {
      for (const response of responses) expect(response).toMatchObject(refusal(403, 'device_mismatch'));
      const { events } = (await ada.as('GET', '/v1/account/events')).body;
      expect(events[0]).toMatchObject({ event: 'session.foreign_device', sessionId: ada.tokens!.session.id });
    },
  });

  attack("the device's name without the token: it is no secret, and opens nothing", {
    given: () => ({ 'x-device-id': ada.id }),
    when: (headers) =>
      Promise.all([
        call('GET', `${server.url}/v1/account`, { headers }),
        call('GET', `${server.url}/v1/sessions`, { headers }),
        call('DELETE', `${server.url}/v1/sessions/current`, { headers }),
        mallory.as('GET', '/v1/account', undefined, headers),
      ]),
    then: ([account, sessions, current, mallorys]) => {
      for (const response of [account, sessions, current]) expect(response).toMatchObject(NO_TOKEN);
      expect(mallorys).toMatchObject(refusal(403, 'device_mismatch'));
    },
  });

  attack('the refresh token on another device: refused, and not used up by it', {
    given: () => signedInPhone(server.url, ada.username),
    when: (phone) => Promise.all([mallory.id, '', 'x'].map((device) => phone.refresh(undefined, device))),
    then: async (responses, phone) => {
      for (const response of responses) expect(response).toMatchObject(refusal(403, 'device_mismatch'));
      expect((await phone.refresh()).status).toBe(200);
    },
  });

  for (const [who, first] of [
    ['the thief is faster', 'thief'],
    ['the owner is faster', 'owner'],
  ] as const) {
    attack(`the refresh token and the name of its device, and ${who}: the second use ends it for both`, {
      given: async () => {
        const owner = await signedInPhone(server.url, ada.username);
        const thief = owner.at(server.url);
        return { owner, thief, stolen: owner.tokens!.refreshToken };
      },
      when: async ({ owner, thief, stolen }) => {
        const [fast, slow] = first === 'thief' ? [thief, owner] : [owner, thief];
        const got = await fast.refresh(stolen);
        await ageRefreshes(owner, 11);
        return { got, reused: await slow.refresh(stolen), after: await fast.refresh(got.body.refreshToken) };
      },
      then: async ({ got, reused, after }, { owner }) => {
        const ended = refusal(401, 'session_ended', { reason: 'refresh_reused' });
        expect(got.status).toBe(200);
        for (const response of [reused, after, await owner.account()]) expect(response).toMatchObject(ended);
        const { events } = (await ada.as('GET', '/v1/account/events')).body;
        const names = events.slice(0, 4).map(({ event }: { event: string }) => event);
        expect(names).toContain('session.refresh_reused');
        expect((await ada.account()).status).toBe(200); // the other sessions go on
      },
    });
  }

  attack('the same refresh token many times at once, on two instances: one line of successors, no second one', {
    given: () => signedInPhone(server.url, ada.username),
    when: (phone) =>
      Promise.all(Array.from({ length: 20 }, (_, nth) => phone.at(nth % 2 ? server.url : sister.url).refresh())),
    then: (responses) => {
      expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200));
      expect(new Set(responses.map(({ body }) => body.refreshToken)).size).toBe(1);
    },
  });

  attack(
    'the tokens of a redeem whose response was intercepted, after the screen repeated it: the refresh token is dead',
    {
      given: async () => {
        const screen = await screenAt('redeemed', server, ada);
        return { screen, overheard: screen.tokens!.refreshToken };
      },
      when: async ({ screen, overheard }) => {
        await screen.redeem();
        return screen.refresh(overheard);
      },
      then: async (response, { screen }) => {
        expect(response).toMatchObject(NO_TOKEN);
        expect((await screen.refresh()).status).toBe(200);
      },
    },
  );
});

describe('a session that has ended', () => {
  const WAYS: Record<string, { reason: string; end: (phone: Phone) => Promise<unknown> }> = {
    'was signed out': { reason: 'signed_out', end: (phone) => phone.signOut() },
    'was ended from another device': {
      reason: 'revoked',
      end: (phone) => ada.as('DELETE', `/v1/sessions/${phone.tokens!.session.id}`),
    },
    'was replaced by a new one on its device': { reason: 'replaced', end: (phone) => phone.at(server.url).signIn() },
  };
  for (const [how, { reason, end }] of Object.entries(WAYS)) {
    attack(`its tokens, after it ${how}: refused on every instance within a second`, {
      given: async () => {
        const phone = await signedInPhone(server.url, ada.username);
        expect((await phone.at(sister.url).account()).status).toBe(200);
        await end(phone);
        return phone;
      },
      when: async (phone) => {
        for (const url of [server.url, sister.url]) {
          const statusThere = async () => (await phone.at(url).account()).status;
          await expect.poll(statusThere, { timeout: 1000, interval: 20 }).toBe(401);
        }
        return Promise.all(
          [server.url, sister.url].flatMap((url) => [
            phone.at(url).account(),
            phone.at(url).sessions(),
            phone.at(url).scan({ uuid: randomUUID() }),
            phone.at(url).refresh(),
          ]),
        );
      },
      then: (responses) => {
        for (const response of responses) {
          expect(response).toMatchObject(refusal(401, 'session_ended', { reason }));
        }
      },
    });
  }

  attack("the thief's session, after the owner changed the password: over, with every other one", {
    given: async () => {
      const owner = await signedInPhone(server.url);
      const thief = await signedInPhone(server.url, owner.username, 'cli');
      return { owner, thief };
    },
    when: async ({ owner, thief }) => {
      const next = 'a longer and a better one';
      const changed = await owner.as('POST', '/v1/account/password', { current: PASSWORD, new: next });
      return { changed, used: await thief.account(), refreshed: await thief.refresh(), again: await thief.signIn() };
    },
    then: async ({ changed, used, refreshed, again }, { owner }) => {
      expect(changed.status).toBe(204);
      const ended = refusal(401, 'session_ended', { reason: 'password_changed' });
      for (const response of [used, refreshed]) expect(response).toMatchObject(ended);
      expect(again).toMatchObject(refusal(401, 'invalid_credentials'));
      expect((await owner.account()).status).toBe(200);
    },
  });

  attack("another account's session, ended by its id: the response is that of an unknown id", {
    given: () => ada.tokens!.session.id,
    when: (id) =>
      Promise.all(
        [id, randomUUID(), 'x', '%00', "'%20OR%201=1", `${id}0`].map((each) =>
          mallory.as('DELETE', `/v1/sessions/${each}`),
        ),
      ),
    then: async (responses) => {
      for (const { status, body } of responses)
        expect({ status, body }).toEqual({ status: 404, body: responses[1]!.body });
      expect((await ada.account()).status).toBe(200);
    },
  });
});
