import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SigningKeys } from '../../libs/token/src/signing-keys.js';
import { type Phone, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';

let server: RunningApp;
let phone: Phone;
let stranger: Phone;
/** The key that the server signs with: its holder can make any token. */
let key: ReturnType<SigningKeys['current']>;
beforeAll(async () => {
  server = await startApp();
  [phone, stranger] = [await signedInPhone(server.url), await signedInPhone(server.url)];
  key = server.app.get(SigningKeys).current();
});
afterAll(() => server.close());

type Part = Record<string, unknown>;
type Signer = (signed: string) => Buffer;

const invalid = { status: 401, body: { code: 'token_invalid' } };
const seconds = () => Math.floor(Date.now() / 1000);
const base64url = (part: Part) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (token: string, part: 0 | 1) =>
  JSON.parse(Buffer.from(token.split('.')[part]!, 'base64url').toString());

function es256(privateKey: KeyObject): Signer {
  return (signed) => sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
}

/** The phone's own token with these changes; a value of `undefined` is left out. */
function forged(header: Part = {}, claims: Part = {}, signer: Signer = es256(key.privateKey)): string {
  const genuine = phone.tokens!.accessToken;
  const signed = [
    base64url({ ...decoded(genuine, 0), ...header }),
    base64url({ ...decoded(genuine, 1), jti: randomUUID(), ...claims }),
  ].join('.');
  return `${signed}.${signer(signed).toString('base64url')}`;
}

function bring(accessToken: string): Promise<HttpResponse> {
  return phone.as('GET', '/v1/account', undefined, { authorization: `Bearer ${accessToken}` });
}

const foreignKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const foreignJwk = foreignKey.publicKey.export({ format: 'jwk' });

describe('an access token', () => {
  it('is accepted when all of it is valid, which the forgeries below rely on', async () => {
    expect((await bring(phone.tokens!.accessToken)).status).toBe(200);
    expect((await bring(forged())).status).toBe(200);
  });

  it.each<[string, Part]>([
    ['an unknown kid', { kid: randomUUID() }],
    ['no kid', { kid: undefined }],
    ['an empty kid', { kid: '' }],
    ['a number for a kid', { kid: 0 }],
    ['a path for a kid', { kid: '../../../../dev/null' }],
    ['SQL for a kid', { kid: "' OR '1'='1" }],
    ['__proto__ for a kid', { kid: '__proto__' }],
    ['constructor for a kid', { kid: 'constructor' }],
    ['typ JWT', { typ: 'JWT' }],
    ['no typ', { typ: undefined }],
    ['typ of a logout token', { typ: 'logout+jwt' }],
    ['crit', { crit: ['exp'] }],
    ['crit of nothing', { crit: [] }],
    ['an unencoded payload', { b64: false, crit: ['b64'] }],
    ['jwk', { jwk: foreignJwk }],
    ['jku', { jku: 'https://evil.test/jwks.json' }],
    ['x5u', { x5u: 'https://evil.test/cert.pem' }],
    ['x5c', { x5c: ['MIIB'] }],
    ['a compressed payload', { zip: 'DEF' }],
  ])('with %s in its header is refused, even if correctly signed', async (_, header) => {
    expect(await bring(forged(header))).toMatchObject(invalid);
  });

  it.each<[string, () => Part]>([
    ['no exp', () => ({ exp: undefined })],
    ['text for exp', () => ({ exp: String(seconds() + 600) })],
    ['an endless exp', () => ({ exp: null })],
    ['no iat', () => ({ iat: undefined })],
    ['a time before which it is not good', () => ({ nbf: seconds() + 60 })],
    ['no sub', () => ({ sub: undefined })],
    ['an empty sub', () => ({ sub: '' })],
    ['no sid', () => ({ sid: undefined })],
    ['a sid that is none', () => ({ sid: "x' OR true --" })],
    ['a sid of no session', () => ({ sid: randomUUID() })],
    ['no jti', () => ({ jti: undefined })],
    ["somebody else's sub", () => ({ sub: stranger.tokens!.account.id })],
    ["somebody else's sid", () => ({ sid: stranger.tokens!.session.id })],
    ['no iss', () => ({ iss: undefined })],
    ['another iss', () => ({ iss: 'https://evil.test' })],
    ['an iss that begins alike', () => ({ iss: 'scan-login.evil.test' })],
    ['no aud', () => ({ aud: undefined })],
    ['another aud', () => ({ aud: 'https://other.test' })],
    ['a list of other auds', () => ({ aud: ['https://other.test', 'scan-login.evil.test'] })],
  ])('with %s is refused, even if correctly signed', async (_, claims) => {
    expect(await bring(forged({}, claims()))).toMatchObject(invalid);
  });

  it('that has expired is refused as such, so that its holder refreshes it', async () => {
    for (const exp of [seconds() - 1, seconds() - 1_000_000, 0]) {
      expect(await bring(forged({}, { exp }))).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    }
    // but not to clients that could not have signed it
    const forgery = forged({}, { exp: seconds() - 1 }, es256(foreignKey.privateKey));
    expect(await bring(forgery)).toMatchObject(invalid);
  });

  it.each<[string, Signer]>([
    ['a foreign key, under our kid', es256(foreignKey.privateKey)],
    ['one bit flipped', (signed) => flipped(es256(key.privateKey)(signed), 17)],
    ['its last byte missing', (signed) => es256(key.privateKey)(signed).subarray(0, 63)],
    ['its second half missing', (signed) => es256(key.privateKey)(signed).subarray(0, 32)],
    ['a byte too many', (signed) => Buffer.concat([es256(key.privateKey)(signed), Buffer.of(0)])],
    ['nothing', () => Buffer.alloc(0)],
    ['zeros', () => Buffer.alloc(64)],
    ['the other encoding of it', (signed) => sign('sha256', Buffer.from(signed), key.privateKey)],
    ['the signature of something else', () => es256(key.privateKey)('something else')],
  ])('whose signature is %s is refused', async (_, signer) => {
    expect(await bring(forged({}, {}, signer))).toMatchObject(invalid);
  });

  it('is refused when any one bit of the signed part is flipped', async () => {
    const [header, claims, signature] = phone.tokens!.accessToken.split('.') as [string, string, string];
    for (const at of [0, 9, 20, 40]) {
      const other = (part: string) => flipped(Buffer.from(part, 'base64url'), at).toString('base64url');
      expect(await bring([other(header), claims, signature].join('.'))).toMatchObject(invalid);
      expect(await bring([header, other(claims), signature].join('.'))).toMatchObject(invalid);
    }
  });

  it('is refused in part, with more parts, and in other encodings', async () => {
    const token = phone.tokens!.accessToken;
    const [header, claims] = token.split('.') as [string, string];
    const parts = [
      `${header}.${claims}`,
      `${header}.${claims}.`,
      `${token}.x`,
      `${token}.x.x`,
      `${token}=`,
      '..',
      '.',
      '',
    ];
    const others = [
      'null',
      '%00',
      `"${token}"`,
      token.toUpperCase(),
      Buffer.from(token).toString('base64url'),
      'x.y.z',
    ];
    for (const text of [...parts, ...others]) expect(await bring(text), text).toMatchObject(invalid);
    for (const authorization of [token, `Basic ${token}`, `Bearer  ${token}`, `Bearer ${token}, x`, `Bearer`]) {
      expect(await phone.as('GET', '/v1/account', undefined, { authorization }), authorization).toMatchObject(invalid);
    }
  });
});

describe('the published keys', () => {
  it('check our access tokens, as another service would', async () => {
    const { status, body } = await call('GET', `${server.url}/.well-known/jwks.json`);
    expect(status).toBe(200);
    const token = (await signedInPhone(server.url)).tokens!.accessToken;
    const jwk: JsonWebKey | undefined = body.keys.find(({ kid }: { kid: string }) => kid === decoded(token, 0).kid);
    const publicKey = { key: createPublicKey({ key: jwk!, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const;
    const [header, claims, signature] = token.split('.');
    const isSignatureOf = (signed: string) =>
      verify('sha256', Buffer.from(signed), publicKey, Buffer.from(signature!, 'base64url'));
    expect(isSignatureOf(`${header}.${claims}`)).toBe(true);
    expect(isSignatureOf(`${header}.${claims}x`)).toBe(false);
  });

  it('are only public parts, named by their thumbprint', async () => {
    const { body, headers } = await call('GET', `${server.url}/.well-known/jwks.json`);
    expect(headers.get('content-type')).toMatch(/^application\/(jwk-set\+)?json/);
    const text = expect.stringMatching(/^[\w-]{43}$/);
    expect(body).toEqual({
      keys: [{ kty: 'EC', crv: 'P-256', x: text, y: text, kid: text, alg: 'ES256', use: 'sig' }],
    });
    const [{ x, y, kid }] = body.keys;
    const thumbprint = createHash('sha256').update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }));
    expect(kid).toBe(thumbprint.digest('base64url'));
  });

  it('have private parts that are stored sealed', async () => {
    const [row] = await server.db.query('SELECT private_key_sealed AS sealed, public_jwk AS public FROM signing_keys');
    const { d } = key.privateKey.export({ format: 'jwk' });
    const der = key.privateKey.export({ format: 'der', type: 'pkcs8' });
    for (const plain of [
      Buffer.from('PRIVATE KEY'),
      Buffer.from(d!),
      Buffer.from(d!, 'base64url'),
      der.subarray(0, 24),
    ]) {
      expect(row.sealed.includes(plain)).toBe(false);
    }
    expect(row.public).not.toHaveProperty('d');
  });
});

/** The text with one bit of its `at`th byte flipped. */
function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at]! ^= 1;
  return changed;
}
