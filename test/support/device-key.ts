import { createHash, randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type GenerateKeyPairResult,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** A key of a device, and its proofs. @see RFC 9449 */
export class DeviceKey {
  private constructor(
    private readonly pair: GenerateKeyPairResult,
    readonly jwk: object,
    readonly thumbprint: string,
  ) {}

  static async make(): Promise<DeviceKey> {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    return new DeviceKey(pair, jwk, await calculateJwkThumbprint(jwk));
  }

  /** A proof for one call, or one with changed claims or header. */
  proof(method: string, url: string, accessToken?: string, claims: JWTPayload = {}, header: object = {}) {
    const ath = accessToken && createHash('sha256').update(accessToken).digest('base64url');
    const now = Math.floor(Date.now() / 1000);
    const payload = { htm: method, htu: url, jti: randomUUID(), iat: now, ...(ath && { ath }), ...claims };
    return new SignJWT(payload)
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: this.jwk, ...header })
      .sign(this.pair.privateKey);
  }

  privateJwk(): Promise<object> {
    return exportJWK(this.pair.privateKey);
  }
}
