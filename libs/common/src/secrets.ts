import { hash, hkdfSync, randomFillSync } from 'node:crypto';

const SECRET_BYTES = 32;
/** Random bytes for the next secrets: generating many at once takes no longer than a few. */
const ahead = Buffer.alloc(64 * SECRET_BYTES);
let taken = ahead.length;

/** A fresh secret: 256 random bits as 43 base64url characters. Shown to its holder once, never stored. */
export function newSecret(): string {
  if (taken === ahead.length) {
    randomFillSync(ahead);
    taken = 0;
  }
  const secret = ahead.toString('base64url', taken, taken + SECRET_BYTES);
  // a secret that was handed out does not stay in memory here
  ahead.fill(0, taken, (taken += SECRET_BYTES));
  return secret;
}

/**
 * What is stored of a secret: its SHA-256, 32 bytes.
 * A plain hash is enough, because the input has 256 random bits: there is nothing to guess. Never for passwords.
 */
export function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** A key of 256 bits for one purpose, from the one secret of the configuration. @see RFC 5869 */
export function derivedKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `scan-login ${purpose}`, 32));
}
