import { createHash } from 'node:crypto';
import { Clock, Problem, type Queryable } from '@scan-login/nest/common';
import { Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { z } from 'zod';
import { useUp } from './used-proofs.js';

/** Seconds: the greatest age of a proof, and how far the client's clock may be off, either way. */
const FRESH_S = 60;
const WRONG_CLOCK_S = 60;

/** @see RFC 9449 §4.2 */
const Claims = z.object({
  jti: z.string().min(1).max(256),
  htm: z.string(),
  htu: z.url().max(2048),
  ath: z.string().optional(),
});

/** The call for which a proof must have been made. */
export interface ProvenCall {
  method: string;
  /** URLs at which the client may have called it, without query. */
  urls: string[];
  /** The token of the call; none for a call that asks for tokens. */
  accessToken?: string;
}

/**
 * A proof that is valid for its call, and not used up yet. Any client can make one with a key of its own, so the caller
 * checks that it is the right key before anything is written.
 */
export interface Proof {
  /** Thumbprint of its key (RFC 7638), base64url. The caller checks whether it is the right key. */
  readonly thumbprint: string;
  /**
   * Uses the proof up: the last check before the effect of the call, in the same transaction.
   * @throws Problem proof_invalid when it was used before
   */
  useUp(db: Queryable): Promise<void>;
}

/** Proofs that the client has a private key. Each is valid for one call, once. @see RFC 9449 */
@Injectable()
export class Proofs {
  constructor(private readonly clock: Clock) {}

  /**
   * Checks a proof without using it up.
   * @throws Problem proof_invalid
   * @see RFC 9449 §4.3
   */
  async check(proof: string, call: ProvenCall): Promise<Proof> {
    const { thumbprint, claims } = await this.read(proof);
    if (claims.htm !== call.method) throw refused('htm is not the method of this call');
    if (!call.urls.includes(withoutQuery(claims.htu))) throw refused('htu is not the address of this call');
    if (claims.ath !== athOf(call.accessToken)) throw refused('ath is not the hash of the access token');
    return { thumbprint, useUp: (db) => useUpOrRefuse(db, `${thumbprint} ${claims.jti}`) };
  }

  /** Checks its type, its signature by the public key inside it, and its age. */
  private async read(proof: string): Promise<{ thumbprint: string; claims: z.infer<typeof Claims> }> {
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        typ: 'dpop+jwt',
        algorithms: ['ES256'],
        maxTokenAge: FRESH_S,
        clockTolerance: WRONG_CLOCK_S,
        currentDate: new Date(this.clock.now()),
      });
      return { thumbprint: await calculateJwkThumbprint(protectedHeader.jwk!), claims: Claims.parse(payload) };
    } catch (cause) {
      throw refused('It is not a signed proof of the last minute', cause);
    }
  }
}

async function useUpOrRefuse(db: Queryable, name: string): Promise<void> {
  if (!(await useUp(db, name))) throw refused('It was used before');
}

function refused(detail: string, cause?: unknown): Problem {
  return new Problem('proof_invalid', { detail }, { cause });
}

/** @see RFC 9449 §4.2 */
function athOf(accessToken?: string): string | undefined {
  if (accessToken === undefined) return undefined;
  return createHash('sha256').update(accessToken).digest('base64url');
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
