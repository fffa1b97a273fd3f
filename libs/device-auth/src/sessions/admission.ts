import { AuditLog, batchedRows, Problem, type Queryable, rows, sql, type Sql } from '@scan-login/nest/common';
import { type AccessClaims, AccessTokens, type Proof } from '@scan-login/nest/token';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { KnownSession, LiveSession } from './live-session.js';
import { SessionCache } from './session-cache.js';
import { type EndReason, IS_LIVE, RUNS_OUT_IN, SESSIONS } from './session.entity.js';

/** What a client presents besides its token. */
export interface Presented {
  /** `X-Device-Id`. */
  deviceId?: string;
  /** Proof of the client's key for this call, not used up yet. */
  proof?: Proof;
}

/** The same, before the proof is checked. */
export interface Unproven {
  deviceId?: string;
  /** Checks the proof. It verifies a signature, so it is called only after the token was found valid. */
  prove: () => Promise<Proof | undefined>;
}

type Found = KnownSession & { live: boolean; endedReason: EndReason | null; isSilent: boolean };

const COLUMNS = sql`
  id, account_id AS "accountId", device_id AS "deviceId", device_type AS "deviceType", key_thumbprint AS "keyThumbprint",
  began_by = 'scan' AS "isCompanion", generation, used_generation AS "usedGeneration"`;

/**
 * SQL: the last recorded use of the session is so old that this one is recorded. A thirtieth of the idle time, at most
 * a minute, is precise enough.
 */
const IS_SILENT = sql`(used_at IS NULL OR last_seen_at < now() - make_interval(secs => LEAST(60, idle_for / 30.0)))`;

function foundBy(sessionId: string): Sql {
  return sql`
    SELECT ${COLUMNS}, ${IS_LIVE} AS "live", ended_reason AS "endedReason", ${IS_SILENT} AS "isSilent"
    FROM ${SESSIONS} WHERE id = ${sessionId}`;
}

/**
 * Admits calls. It checks, in this order: the token, the proof, that the session lives, and the device and key that it
 * is bound to. Only then does it write: a call that is refused changes no row.
 */
@Injectable()
export class Admission {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly tokens: AccessTokens,
    private readonly cache: SessionCache,
    private readonly audit: AuditLog,
  ) {}

  /** @throws Problem token_invalid | token_expired | session_ended | device_mismatch | proof_invalid */
  async admit(accessToken: string, { deviceId, prove }: Unproven): Promise<LiveSession> {
    const claims = this.tokens.verify(accessToken);
    const caller = { deviceId, proof: await prove() };
    const cached = this.cache.get(claims.sessionId);
    // the first use of a token from a new refresh must be recorded
    if (!cached || claims.generation > cached.usedGeneration) return this.read(claims, caller);
    this.checkBinding(cached, caller, claims.accountId);
    await caller.proof?.useUp(this.db);
    return cached;
  }

  /**
   * Records that the session is in use.
   * @param generation of the access token that was used; 0 for a refresh
   * @returns the session, and the whole seconds until it ends if it is not used again
   * @throws Problem token_invalid | session_ended | device_mismatch | proof_invalid
   */
  async touch(
    db: Queryable,
    sessionId: string,
    caller: Presented,
    generation = 0,
  ): Promise<KnownSession & { runsOutIn: number }> {
    const [touched] = await rows<KnownSession & { runsOutIn: number }>(
      db,
      sql`UPDATE ${SESSIONS} SET last_seen_at = now(), used_at = COALESCE(used_at, now()),
            used_generation = GREATEST(used_generation, LEAST(${generation}, generation))
          WHERE id = ${sessionId} AND device_id = ${caller.deviceId}
            AND key_thumbprint IS NOT DISTINCT FROM ${caller.proof?.thumbprint} AND ${IS_LIVE}
          RETURNING ${COLUMNS}, ${RUNS_OUT_IN} AS "runsOutIn"`,
    );
    if (touched) return touched;
    const [found] = await rows<Found>(db, foundBy(sessionId));
    this.check(found, caller);
    throw new Problem('unavailable', { retryAfter: 1 }); // found live a moment after it was not: must not happen
  }

  /**
   * Why a session that was admitted is refused after all: it may have ended since. Reads the database.
   * @returns nothing if it lives
   */
  async refusalOf(db: Queryable, sessionId: string): Promise<Problem | undefined> {
    const [found] = await rows<Found>(db, foundBy(sessionId));
    return found?.live ? undefined : ended(found);
  }

  private async read({ sessionId, accountId, generation }: AccessClaims, caller: Presented): Promise<LiveSession> {
    const keep = this.cache.reader();
    const [found] = await batchedRows<Found>(this.db, 'callers', foundBy(sessionId));
    this.check(found, caller, accountId);
    await caller.proof?.useUp(this.db);
    const isFirstUse = generation > found.usedGeneration && generation <= found.generation;
    const session = found.isSilent || isFirstUse ? await this.touch(this.db, sessionId, caller, generation) : found;
    keep(session);
    return session;
  }

  private check(session: Found | undefined, caller: Presented, accountId?: string): asserts session {
    if (!session) throw new Problem('token_invalid');
    if (!session.live) throw ended(session);
    this.checkBinding(session, caller, accountId);
  }

  private checkBinding(session: LiveSession, caller: Presented, accountId = session.accountId): void {
    const { id: sessionId, deviceId, keyThumbprint } = session;
    if (session.accountId !== accountId) throw new Problem('token_invalid');
    if (deviceId !== caller.deviceId) {
      this.audit.note({ event: 'session.foreign_device', sessionId, accountId });
      throw new Problem('device_mismatch');
    }
    if (keyThumbprint !== (caller.proof?.thumbprint ?? null)) {
      this.audit.note({ event: 'session.foreign_key', sessionId, accountId });
      throw new Problem('proof_invalid', { detail: keyThumbprint ? NEEDS_PROOF : NEEDS_NONE });
    }
  }
}

function ended(session: Found | undefined): Problem {
  return new Problem('session_ended', { reason: session?.endedReason ?? 'expired' });
}

const NEEDS_PROOF = 'The session is bound to a key: send Authorization: DPoP, and a proof by that key';
const NEEDS_NONE = 'The session is not bound to a key: send Authorization: Bearer';
