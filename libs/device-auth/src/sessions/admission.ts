import { AuditLog, lookUp, Problem, type Queryable, rows } from '#libs/common';
import { AccessTokens } from '#libs/token';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { DeviceType } from '../devices/device.js';
import { SessionCache } from './session-cache.js';
import { type EndReason, IS_LIVE, RUNS_OUT_IN } from './session.entity.js';

/** A session that has just proved to be alive and to be on the device that asks. */
export interface LiveSession {
  id: string;
  accountId: string;
  deviceId: string;
  deviceType: DeviceType;
  keyThumbprint: string | null;
}

/** What a caller brings beside its token. */
export interface Presented {
  /** `X-Device-Id`. */
  deviceId?: string;
  /** Of the key that it has proved to have, for this very call. */
  keyThumbprint?: string;
}

type Found = LiveSession & { live: boolean; endedReason: EndReason | null; isSilent: boolean };

const COLUMNS = `
  id, account_id AS "accountId", device_id AS "deviceId", device_type AS "deviceType", key_thumbprint AS "keyThumbprint"`;

/**
 * SQL: the session was not heard of for long enough that this call should be written down. Not every call is: a
 * thirtieth of the allowed silence, at most a minute, is exact enough.
 */
const IS_SILENT = `(used_at IS NULL OR last_seen_at < now() - make_interval(secs => LEAST(60, idle_for / 30.0)))`;

const FIND = `
  SELECT ${COLUMNS}, ${IS_LIVE} AS "live", ended_reason AS "endedReason", ${IS_SILENT} AS "isSilent"
  FROM sessions WHERE id = $1`;

/** Lets calls in: a good token, a session that lives, and the device and the key that it is bound to, in this order. */
@Injectable()
export class Admission {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly tokens: AccessTokens,
    private readonly cache: SessionCache,
    private readonly audit: AuditLog,
  ) {}

  /** @throws Problem token_invalid | token_expired | session_ended | device_mismatch | proof_invalid */
  async admit(accessToken: string, caller: Presented): Promise<LiveSession> {
    const { sessionId, accountId } = this.tokens.verify(accessToken);
    const cached = this.cache.get(sessionId);
    if (cached) this.checkBinding(cached, caller, accountId);
    return cached ?? this.lookUp(sessionId, caller, accountId);
  }

  /**
   * Notes that the session is in use.
   * @returns the session, and the whole seconds until it runs out if it is not used again
   * @throws Problem token_invalid | session_ended | device_mismatch | proof_invalid
   */
  async touch(db: Queryable, sessionId: string, caller: Presented): Promise<LiveSession & { runsOutIn: number }> {
    const [touched] = await rows<LiveSession & { runsOutIn: number }>(
      db,
      `UPDATE sessions SET last_seen_at = now(), used_at = COALESCE(used_at, now())
       WHERE id = $1 AND device_id = $2 AND key_thumbprint IS NOT DISTINCT FROM $3 AND ${IS_LIVE}
       RETURNING ${COLUMNS}, ${RUNS_OUT_IN} AS "runsOutIn"`,
      [sessionId, caller.deviceId, caller.keyThumbprint],
    );
    if (touched) return touched;
    const [found] = await rows<Found>(db, FIND, [sessionId]);
    this.check(found, caller);
    throw new Problem('unavailable', { retryAfter: 1 }); // it came back to life between two statements: not to be seen
  }

  private async lookUp(sessionId: string, caller: Presented, accountId: string): Promise<LiveSession> {
    const keep = this.cache.reader();
    const [session] = await lookUp<Found>(this.db, 'callers', FIND, [sessionId]);
    this.check(session, caller, accountId);
    if (session.isSilent) await this.touch(this.db, session.id, caller);
    keep(session);
    return session;
  }

  private check(session: Found | undefined, caller: Presented, accountId?: string): asserts session {
    if (!session) throw new Problem('token_invalid');
    if (!session.live) throw new Problem('session_ended', { reason: session.endedReason ?? 'expired' });
    this.checkBinding(session, caller, accountId);
  }

  private checkBinding(session: LiveSession, caller: Presented, accountId = session.accountId): void {
    const { id: sessionId, deviceId, keyThumbprint } = session;
    if (session.accountId !== accountId) throw new Problem('token_invalid');
    if (deviceId !== caller.deviceId) {
      this.audit.note({ event: 'session.foreign_device', sessionId, accountId });
      throw new Problem('device_mismatch');
    }
    if (keyThumbprint !== (caller.keyThumbprint ?? null)) {
      this.audit.note({ event: 'session.foreign_key', sessionId, accountId });
      throw new Problem('proof_invalid', { detail: keyThumbprint ? NEEDS_PROOF : NEEDS_NONE });
    }
  }
}

const NEEDS_PROOF = 'The session is bound to a key: send Authorization: DPoP, and a proof by that key';
const NEEDS_NONE = 'The session is not bound to a key: send Authorization: Bearer';
