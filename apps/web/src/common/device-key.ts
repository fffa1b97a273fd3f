/** Where the browser keeps the key: as an object that signs, and cannot be read. */
const STORE = 'keys';
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

interface Ticket {
  uuid: string;
  qrUrl: string;
  /** By this browser's clock, in milliseconds. */
  openedAt: number;
  expiresAt: string;
  expiresIn: number;
}

/** A key pair of this browser that nobody can take out of it, and the proofs it makes. @see RFC 9449 §4.2 */
export class DeviceKey {
  /** Where the server says it is: what its codes begin with. */
  base = location.origin;
  /** How far the server's clock is ahead of this browser's, in milliseconds. */
  ahead = 0;

  private constructor(
    private readonly pair: CryptoKeyPair,
    /** Whether it is there again after a reload. */
    readonly isKept: boolean,
  ) {}

  /**
   * The key of a name, made when it is first asked for.
   * @throws where the browser has no `crypto.subtle`: on plain http, but for localhost
   */
  static async of(name: string): Promise<DeviceKey> {
    const kept = await read(name).catch(() => undefined);
    if (kept) return new DeviceKey(kept, true);
    const pair = await crypto.subtle.generateKey(ES256, false, ['sign']);
    // where nothing can be kept, as in some private windows, it lasts as long as the page
    const isKept = await keep(name, pair).then(
      () => true,
      () => false,
    );
    return new DeviceKey(pair, isKept);
  }

  /** What goes with the redeem of a ticket. Where and when the server is, is what the ticket says. */
  async toRedeem({ uuid, qrUrl, openedAt, expiresAt, expiresIn }: Ticket): Promise<{ DPoP: string }> {
    this.base = qrUrl.replace(/\/l\/[^/]*$/, '');
    this.ahead = Date.parse(expiresAt) - expiresIn * 1000 - openedAt;
    return { DPoP: await this.prove('POST', `/v1/tickets/${uuid}/redeem`) };
  }

  /**
   * A proof for one call.
   * @param path from `base` on; its query is left out
   * @param accessToken the one that goes with the call
   */
  async prove(method: string, path: string, accessToken?: string): Promise<string> {
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', this.pair.publicKey);
    const claims = {
      jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
      htm: method,
      htu: this.base + path.replace(/[?#].*/s, ''),
      iat: Math.floor((Date.now() + this.ahead) / 1000),
      ...(accessToken && { ath: base64url(await crypto.subtle.digest('SHA-256', bytesOf(accessToken))) }),
    };
    const parts = [{ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }, claims];
    const signed = parts.map((part) => base64url(bytesOf(JSON.stringify(part)))).join('.');
    return `${signed}.${base64url(await crypto.subtle.sign(ES256, this.pair.privateKey, bytesOf(signed)))}`;
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function base64url(bytes: ArrayBuffer | Uint8Array): string {
  const text = String.fromCodePoint(...new Uint8Array(bytes));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

async function read(name: string): Promise<CryptoKeyPair | undefined> {
  return settled((await store('readonly')).get(name)) as Promise<CryptoKeyPair | undefined>;
}

async function keep(name: string, pair: CryptoKeyPair): Promise<void> {
  await settled((await store('readwrite')).put(pair, name));
}

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open('scan-login', 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(STORE));
  return (await settled(opening)).transaction(STORE, mode).objectStore(STORE);
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error!));
  });
}
