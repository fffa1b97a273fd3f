import { indexedDbKeys, type KeyPair, type KeyStore } from './key-store.js';
import type { ProofKey } from './proof-key.js';

export interface DeviceKeyOptions {
  /** Name of the key, for a device with several keys. */
  name?: string;
  /** IndexedDB by default. Without it, the key lasts as long as the program. */
  store?: KeyStore;
}

/** The part of WebCrypto that is used. */
interface Subtle {
  generateKey(algorithm: object, isExtractable: boolean, uses: string[]): Promise<unknown>;
  exportKey(format: 'jwk', key: unknown): Promise<Record<'kty' | 'crv' | 'x' | 'y', string>>;
  sign(algorithm: object, key: unknown, bytes: Uint8Array): Promise<ArrayBuffer>;
  digest(algorithm: string, bytes: Uint8Array): Promise<ArrayBuffer>;
}

const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * The key of this device, made at the first call. It cannot be exported.
 * @returns nothing without `crypto.subtle`, as on plain http outside localhost
 */
export async function deviceKey({ name = 'device', store = indexedDbKeys }: DeviceKeyOptions = {}): Promise<
  ProofKey | undefined
> {
  const subtle = (globalThis.crypto as { subtle?: unknown } | undefined)?.subtle as Subtle | undefined;
  if (!subtle) return undefined;
  const find = () => store.get(name).catch(() => undefined);
  const kept = await find();
  if (kept) return new DeviceKey(subtle, kept, true);
  const pair = (await subtle.generateKey(ES256, false, ['sign'])) as KeyPair;
  try {
    await store.put(name, pair);
    return new DeviceKey(subtle, pair, true);
  } catch {
    const faster = await find();
    // if nothing can be kept, as in some private windows, it lasts as long as the page
    return new DeviceKey(subtle, faster ?? pair, Boolean(faster));
  }
}

class DeviceKey implements ProofKey {
  base = '';
  ahead = 0;

  constructor(
    private readonly subtle: Subtle,
    private readonly pair: KeyPair,
    readonly isKept: boolean,
  ) {}

  async prove(method: string, path: string, accessToken?: string): Promise<string> {
    const { subtle, pair } = this;
    const claims = {
      jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
      htm: method,
      htu: this.base + path.replace(/[?#].*/s, ''),
      iat: Math.floor((Date.now() + this.ahead) / 1000),
      ...(accessToken && { ath: base64url(await subtle.digest('SHA-256', bytesOf(accessToken))) }),
    };
    const parts = [{ typ: 'dpop+jwt', alg: 'ES256', jwk: await this.publicJwk() }, claims];
    const signed = parts.map((part) => base64url(bytesOf(JSON.stringify(part)))).join('.');
    return `${signed}.${base64url(await subtle.sign(ES256, pair.privateKey, bytesOf(signed)))}`;
  }

  async thumbprint(): Promise<string> {
    return base64url(await this.subtle.digest('SHA-256', bytesOf(JSON.stringify(await this.publicJwk()))));
  }

  /** The required members alone, in the order of RFC 7638 §3.2. */
  private async publicJwk(): Promise<Record<'crv' | 'kty' | 'x' | 'y', string>> {
    const { crv, kty, x, y } = await this.subtle.exportKey('jwk', this.pair.publicKey);
    return { crv, kty, x, y };
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function base64url(bytes: ArrayBuffer | Uint8Array): string {
  const text = String.fromCodePoint(...new Uint8Array(bytes));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
