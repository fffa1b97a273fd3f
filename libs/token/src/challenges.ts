import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Clock, derivedKey, type Queryable } from '@scan-login/nest/common';
import { Inject, Injectable } from '@nestjs/common';
import { TOKEN_OPTIONS, type TokenOptions } from './token.options.js';
import { useUp } from './used-proofs.js';

/** A user may take minutes to find a key. Not longer than a used challenge is remembered. */
const LIFE_MS = 290_000;
const TIME_BYTES = 6;
const SIGNED_BYTES = TIME_BYTES + 16;

/**
 * Challenges for a client to sign: each for one purpose, for a few minutes, and used once. They carry their time and
 * our signature, so nothing is stored before one is used.
 */
@Injectable()
export class Challenges {
  private readonly keys: Buffer[];

  constructor(
    @Inject(TOKEN_OPTIONS) { secret, previousSecret }: TokenOptions,
    private readonly clock: Clock,
  ) {
    this.keys = [secret, previousSecret].flatMap((each) => (each ? [derivedKey(each, 'challenges')] : []));
  }

  /** @param purpose what a signature of the challenge will be good for, and whose it must be, if that is known */
  issue(purpose: string): Buffer {
    const signed = Buffer.concat([Buffer.alloc(TIME_BYTES), randomBytes(SIGNED_BYTES - TIME_BYTES)]);
    signed.writeUIntBE(Math.floor(this.clock.now() + LIFE_MS), 0, TIME_BYTES);
    return Buffer.concat([signed, macOf(this.keys[0]!, signed, purpose)]);
  }

  /** @param challenge as the client has signed it, base64url */
  isValid(challenge: string, purpose: string): boolean {
    const given = Buffer.from(challenge, 'base64url');
    const [signed, mac] = [given.subarray(0, SIGNED_BYTES), given.subarray(SIGNED_BYTES)];
    if (mac.length !== 32 || signed.readUIntBE(0, TIME_BYTES) < this.clock.now()) return false;
    return this.keys.some((key) => timingSafeEqual(macOf(key, signed, purpose), mac));
  }

  /** @param challenge one that is valid. @returns false if it was used before */
  useUp(db: Queryable, challenge: string): Promise<boolean> {
    // one challenge may be written in several ways
    return useUp(db, `challenge ${Buffer.from(challenge, 'base64url').toString('base64url')}`);
  }
}

function macOf(key: Buffer, signed: Buffer, purpose: string): Buffer {
  return createHmac('sha256', key).update(signed).update(purpose).digest();
}
