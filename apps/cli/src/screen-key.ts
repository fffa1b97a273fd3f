import { webcrypto } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { deviceKey, type KeyPair, type ProofKey } from '@scan-login/client';

const ES256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** The key of this screen. It is kept beside the device id, in a file that only its owner can read. */
export async function screenKey(dataDir: string): Promise<ProofKey> {
  const pair = pairOf(await keptIn(path.join(dataDir, 'screen-key.json')));
  return (await deviceKey({ store: { get: () => pair, put: () => Promise.resolve() } }))!;
}

/** If the file cannot be written, the key lasts as long as the program. */
async function keptIn(file: string): Promise<webcrypto.JsonWebKey> {
  const kept = await read(file);
  if (kept) return kept;
  const { privateKey } = await webcrypto.subtle.generateKey(ES256, true, ['sign', 'verify']);
  const made = await webcrypto.subtle.exportKey('jwk', privateKey);
  await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 }).catch(() => undefined);
  try {
    await fs.writeFile(file, `${JSON.stringify(made)}\n`, { mode: 0o600, flag: 'wx' });
    return made;
  } catch {
    // another program was faster
    return (await read(file)) ?? made;
  }
}

async function read(file: string): Promise<webcrypto.JsonWebKey | undefined> {
  try {
    const jwk = JSON.parse(await fs.readFile(file, 'utf8')) as webcrypto.JsonWebKey;
    await pairOf(jwk);
    return jwk;
  } catch {
    return undefined;
  }
}

async function pairOf({ kty, crv, x, y, d }: webcrypto.JsonWebKey): Promise<KeyPair> {
  const { subtle } = webcrypto;
  return {
    privateKey: await subtle.importKey('jwk', { kty, crv, x, y, d }, ES256, false, ['sign']),
    publicKey: await subtle.importKey('jwk', { kty, crv, x, y }, ES256, true, ['verify']),
  };
}
