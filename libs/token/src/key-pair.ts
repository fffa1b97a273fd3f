import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { seal, unseal } from './key-box.js';
import { type PublicJwk, SigningKey } from './signing-key.entity.js';

/** A signing key as it is held in memory. */
export interface LoadedKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  publicJwk: PublicJwk;
}

/** A new pair for ES256, the private half sealed. @see RFC 7518 §3.4; the name: RFC 7638 */
export function makeKey(boxKey: Buffer): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
    .digest('base64url');
  const key = new SigningKey();
  key.kid = kid;
  key.publicJwk = { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' };
  key.privateKeySealed = seal(boxKey, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  return key;
}

/** The stored signing keys cannot be opened: the application starts with another secret than they were stored under. */
export class WrongSecret extends Error {
  constructor(options: ErrorOptions) {
    const reason = '`secret` is not the one under which the signing keys in this database were stored';
    super(`${reason}: start with that one, or give it as \`previousSecret\` too`, options);
  }
}

/** @throws WrongSecret */
export function openKey(key: SigningKey, boxKey: Buffer): LoadedKey {
  try {
    const privateKey = createPrivateKey(unseal(boxKey, key.privateKeySealed));
    return { kid: key.kid, privateKey, publicKey: createPublicKey(privateKey), publicJwk: key.publicJwk };
  } catch (cause) {
    throw new WrongSecret({ cause });
  }
}

export function isSealedUnder(boxKey: Buffer, key: SigningKey): boolean {
  try {
    unseal(boxKey, key.privateKeySealed);
    return true;
  } catch {
    return false;
  }
}

export function resealed(key: SigningKey, from: Buffer, to: Buffer): SigningKey {
  key.privateKeySealed = seal(to, unseal(from, key.privateKeySealed));
  return key;
}
