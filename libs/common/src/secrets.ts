import { createHash, randomBytes } from 'node:crypto';

/** A fresh secret: 256 random bits as 43 base64url characters. Shown to its holder once, never stored. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * What is stored of a secret: its SHA-256, 32 bytes.
 * A plain hash is enough, because the input has 256 random bits: there is nothing to guess. Never for passwords.
 */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
