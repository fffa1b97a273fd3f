import { randomUUID } from 'node:crypto';
import { Clock, Problem } from '@scan-login/nest/common';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { SigningKeys } from './signing-keys.js';
import { TOKEN_OPTIONS, type TokenOptions } from './token.options.js';

const ALGORITHM = 'ES256';
/** @see RFC 9068 §2.1 */
const TYPE = 'at+jwt';

/** The only accepted header: none with a key or the address of one (`jwk`, `jku`, `x5u`). @see RFC 8725 §3.10 */
const Header = z.strictObject({ alg: z.literal(ALGORITHM), typ: z.literal(TYPE), kid: z.string() });

const Claims = z.object({
  sub: z.string().min(1),
  sid: z.uuid(),
  jti: z.string(),
  iat: z.int(),
  exp: z.int(),
  device_type: z.string(),
});

/** The subject of a token. A valid signature, times, issuer and audience say nothing about its session. */
export interface AccessClaims {
  accountId: string;
  sessionId: string;
  deviceType: string;
  /** Of the key that the token is bound to, if any. @see RFC 9449 §6.1 */
  keyThumbprint?: string | null;
  /** Number of the session's refresh that issued it; 0 in tokens of earlier releases, which did not have one. */
  generation: number;
}

interface Verified {
  claims: AccessClaims;
  exp: number;
  kid: string;
}

/** Tokens whose signature was verified a moment ago. It stays valid; only the token or its key can expire. */
const REMEMBERED = { max: 10_000, ttl: 60_000 };

@Injectable()
export class AccessTokens {
  private readonly verified = new LRUCache<string, Verified>(REMEMBERED);

  constructor(
    @Inject(TOKEN_OPTIONS) private readonly options: TokenOptions,
    private readonly keys: SigningKeys,
    private readonly jwt: JwtService,
    private readonly clock: Clock,
  ) {}

  /** @returns a JWT as of RFC 9068, and its life in seconds */
  issue(subject: AccessClaims): { accessToken: string; expiresIn: number } {
    const { issuer, audience, accessTokenLife } = this.options;
    const { kid, privateKey } = this.keys.current();
    const accessToken = this.jwt.sign(
      {
        iat: this.seconds(),
        sid: subject.sessionId,
        device_type: subject.deviceType,
        ...(subject.keyThumbprint && { cnf: { jkt: subject.keyThumbprint } }),
      },
      {
        privateKey,
        algorithm: ALGORITHM,
        header: { alg: ALGORITHM, typ: TYPE, kid },
        issuer,
        audience,
        subject: subject.accountId,
        jwtid: `${subject.generation}.${randomUUID()}`,
        expiresIn: accessTokenLife,
      },
    );
    return { accessToken, expiresIn: accessTokenLife };
  }

  /**
   * Checks type, key, signature, issuer, audience and times; not whether the session still lives.
   * @throws Problem token_invalid | token_expired
   * @see RFC 8725 §3, RFC 9068 §4
   */
  verify(accessToken: string): AccessClaims {
    const known = this.verified.get(accessToken);
    if (known && this.seconds() < known.exp && this.keys.find(known.kid)) return known.claims;
    const verified = this.verifyUncached(accessToken);
    this.verified.set(accessToken, verified);
    return verified.claims;
  }

  private verifyUncached(accessToken: string): Verified {
    const { issuer, audience } = this.options;
    try {
      const header = Header.parse(this.jwt.decode(accessToken, { complete: true })?.header);
      const key = this.keys.find(header.kid);
      if (!key) throw new Problem('token_invalid');
      const payload: unknown = this.jwt.verify(accessToken, {
        // already parsed; Nest's type does not know that jsonwebtoken takes a key object
        publicKey: key.publicKey as unknown as Buffer,
        algorithms: [ALGORITHM],
        issuer,
        audience,
        clockTimestamp: this.seconds(),
      });
      const { sub, sid, jti, device_type, exp } = Claims.parse(payload);
      const claims = { accountId: sub, sessionId: sid, deviceType: device_type, generation: generationOf(jti) };
      return { claims, exp, kid: header.kid };
    } catch (cause) {
      const expired = cause instanceof Error && cause.name === 'TokenExpiredError';
      throw new Problem(expired ? 'token_expired' : 'token_invalid', {}, { cause });
    }
  }

  private seconds(): number {
    return Math.floor(this.clock.now() / 1000);
  }
}

/** A `jti` begins with the generation; in tokens of earlier releases it does not. */
function generationOf(jti: string): number {
  return Number(/^(\d{1,9})\./.exec(jti)?.[1] ?? 0);
}
