import { randomUUID } from 'node:crypto';
import { AuditLog, Problem, type Queryable, rows, type Transaction, transaction } from '#libs/common';
import { Signal } from '#libs/signal';
import { AccessTokens, RefreshTokens } from '#libs/token';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Account, AccountStore } from '../accounts/account-store.js';
import { DEVICE_AUTH_OPTIONS, type DeviceAuthOptions } from '../device-auth.options.js';
import type { Device, DeviceType } from '../devices/device.js';
import { Admission, type LiveSession, type Presented } from './admission.js';
import { type EndReason, IS_LIVE, RUNS_OUT_IN, type Session } from './session.entity.js';
import type { Tokens } from './session.schemas.js';

/** Who is to be signed in, and on what. */
export interface Beginning {
  account: Account;
  device: Device;
  ip: string;
  /** Thumbprint of the key that the device has proved to have, and must prove to have from now on. */
  keyThumbprint?: string;
}

type Bound = Pick<Session, 'deviceType' | 'keyThumbprint'>;

interface Ended {
  id: string;
  accountId: string;
}

/** A session that was written, in a transaction that may still fail: `announce` it once that is through. */
export interface Started {
  tokens: Tokens;
  /** Sessions that had to give way. */
  replaced: Ended[];
}

@Injectable()
export class SessionService {
  constructor(
    @Inject(DEVICE_AUTH_OPTIONS) private readonly options: DeviceAuthOptions,
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @Inject(Signal) private readonly signal: Signal,
    @InjectDataSource() private readonly db: DataSource,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly admission: Admission,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Starts a session, which is the last thing in the caller's transaction. One on the same device gives way to it, and so
   * does the oldest on devices of the type once there are as many as allowed.
   * @param id of the session to be; a caller that must know it earlier names it
   * @throws Problem session_limit_reached
   */
  async start(tx: Transaction, beginning: Beginning, id: string = randomUUID()): Promise<Started> {
    const { account, device, ip, keyThumbprint = null } = beginning;
    const { sessionsPerDeviceType: limit, sessionLimitPolicy } = this.options;
    if (limit > 0 && sessionLimitPolicy === 'refuse') await this.refuseOneTooMany(tx, account.id, device);
    const parameters = [
      account.id,
      device.type,
      device.id,
      limit,
      id,
      device.name,
      device.browser,
      device.os,
      ip,
      keyThumbprint,
      ...this.lives(device.type),
    ];
    const written = Promise.all([
      this.takeTurn(tx, account.id, device),
      rows<{ runsOutIn: number; replaced: string[] }>(tx, START, parameters),
      this.refreshTokens.issue(tx, id),
    ]);
    tx.complete();
    const [, [row], refreshToken] = await written;
    const { runsOutIn, replaced } = row!;
    return {
      tokens: this.tokens({ id, deviceType: device.type, keyThumbprint, runsOutIn }, account, refreshToken),
      replaced: replaced.map((each) => ({ id: each, accountId: account.id })),
    };
  }

  /** Tells the other instances, and the log, what a committed `start` did. */
  announce({ tokens, replaced }: Started): void {
    const { session, account } = tokens;
    this.audit.note({ event: 'session.started', sessionId: session.id, accountId: account.id });
    this.announceEnd(replaced, 'replaced', session.id);
  }

  /**
   * Fresh tokens for a session whose first ones got lost on the way: the earlier refresh token is dead.
   * @returns nothing once the session was used, or is over, or is bound to another key
   */
  async renew(tx: Queryable, id: string, account: Account, keyThumbprint?: string): Promise<Tokens | undefined> {
    const [row] = await rows<Bound & { runsOutIn: number }>(
      tx,
      `SELECT device_type AS "deviceType", key_thumbprint AS "keyThumbprint", ${RUNS_OUT_IN} AS "runsOutIn"
       FROM sessions
       WHERE id = $1 AND used_at IS NULL AND key_thumbprint IS NOT DISTINCT FROM $2 AND ${IS_LIVE} FOR UPDATE`,
      [id, keyThumbprint],
    );
    return row && this.tokens({ id, ...row }, account, await this.refreshTokens.reissue(tx, id));
  }

  /** Whether it lives, and nobody has used its tokens yet. */
  async isUnused(id: string): Promise<boolean> {
    return (
      (await rows(this.db, `SELECT 1 FROM sessions WHERE id = $1 AND used_at IS NULL AND ${IS_LIVE}`, [id])).length > 0
    );
  }

  /**
   * @throws Problem token_invalid | session_ended | device_mismatch | proof_invalid | account_unavailable
   */
  async refresh(refreshToken: string, caller: Presented): Promise<Tokens> {
    const { session, rotation } = await transaction(this.db, async (tx) => {
      // first the session, as everywhere, so that a repeated redeem and a refresh take turns. A refusal here comes
      // before the token is touched: a call from the wrong device uses nothing up
      const sessionId = await this.refreshTokens.sessionOf(tx, refreshToken);
      const touched = await this.admission.touch(tx, sessionId, caller);
      return { session: touched, rotation: await this.refreshTokens.rotate(tx, refreshToken) };
    });
    if (rotation.outcome === 'reused') {
      const { id, accountId } = session;
      this.audit.note({ event: 'session.refresh_reused', sessionId: id, accountId });
      this.announceEnd(await this.end(this.db, ONE, [id], 'refresh_reused'), 'refresh_reused');
      throw new Problem('session_ended', { reason: 'refresh_reused' });
    }
    const account = await this.accounts.find(session.accountId);
    if (!account) throw new Problem('account_unavailable');
    return this.tokens(session, account, rotation.refreshToken);
  }

  /** The account's live sessions, the last used one first. */
  async list(accountId: string): Promise<Session[]> {
    return rows<Session>(
      this.db,
      `SELECT id, device_type AS "deviceType", device_name AS "deviceName", browser, os, ip,
              created_at AS "createdAt", last_seen_at AS "lastSeenAt"
       FROM sessions WHERE account_id = $1 AND ${IS_LIVE} ORDER BY last_seen_at DESC, id`,
      [accountId],
    );
  }

  /**
   * Ends one session of the caller's account, perhaps the caller's own; one that is over already stays as it ended.
   * @throws Problem session_not_found
   */
  async endOne(id: string, by: LiveSession): Promise<void> {
    const [own] = await rows(this.db, 'SELECT id FROM sessions WHERE id = $1 AND account_id = $2', [id, by.accountId]);
    if (!own) throw new Problem('session_not_found');
    const reason = id === by.id ? 'signed_out' : 'revoked';
    this.announceEnd(await this.end(this.db, ONE, [id], reason), reason, by.id);
  }

  /** Ends all sessions of the caller's account but the caller's own. */
  async endOthers(by: LiveSession, reason: EndReason): Promise<void> {
    const ended = await this.end(this.db, OTHERS, [by.accountId, by.id], reason);
    this.announceEnd(ended, reason, by.id);
  }

  /**
   * @param which a query for ids
   * @returns those that were not over before
   */
  private end(db: Queryable, which: string, parameters: unknown[], reason: EndReason): Promise<Ended[]> {
    return rows<Ended>(db, `WITH ${endedBy(reason, which)} SELECT * FROM ended`, parameters);
  }

  /** @param by the session whose doing it was; nothing when it was nobody's */
  private announceEnd(ended: Ended[], reason: EndReason, by?: string): void {
    for (const { id: sessionId, accountId } of ended) {
      this.audit.note({ event: 'session.ended', sessionId, accountId, detail: { reason, ...(by && { by }) } });
      this.signal.send('session', sessionId);
    }
  }

  /** Sign-ins of one account take turns, so that two at once cannot both see room for one. */
  private async takeTurn(tx: Queryable, accountId: string, { type }: Device): Promise<void> {
    await rows(tx, 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${accountId} ${type}`]);
  }

  private async refuseOneTooMany(tx: Queryable, accountId: string, device: Device): Promise<void> {
    await this.takeTurn(tx, accountId, device);
    const elsewhere = await rows(tx, LIVE_ELSEWHERE, [accountId, device.type, device.id]);
    if (elsewhere.length >= this.options.sessionsPerDeviceType) throw new Problem('session_limit_reached');
  }

  private lives(type: DeviceType): [idle: number, max: number] {
    const { phoneSessionIdle, phoneSessionMax, screenSessionIdle, screenSessionMax } = this.options;
    return type === 'phone' ? [phoneSessionIdle, phoneSessionMax] : [screenSessionIdle, screenSessionMax];
  }

  private tokens(
    { id, deviceType, keyThumbprint, runsOutIn }: Bound & { id: string; runsOutIn: number },
    { id: accountId, displayName, avatarUrl }: Account,
    refreshToken: string,
  ): Tokens {
    return {
      tokenType: keyThumbprint ? 'DPoP' : 'Bearer',
      ...this.accessTokens.issue({ accountId, sessionId: id, deviceType, keyThumbprint }),
      refreshToken,
      refreshExpiresIn: runsOutIn,
      session: { id },
      account: { id: accountId, displayName, avatarUrl },
    };
  }
}

const ONE = 'SELECT $1::uuid';

const OTHERS = 'SELECT id FROM sessions WHERE account_id = $1 AND id <> $2 AND ended_at IS NULL';

const LIVE_ELSEWHERE = `
  SELECT id FROM sessions WHERE account_id = $1 AND device_type = $2 AND device_id <> $3 AND ${IS_LIVE}`;

/** What a new session replaces: one on the same device, and of the others those that are too many, the oldest first. */
const IN_THE_WAY = `
  SELECT id FROM (
    SELECT id, device_id = $3 AS is_here,
           row_number() OVER (PARTITION BY device_id = $3 ORDER BY created_at DESC, id) AS nth
    FROM sessions WHERE account_id = $1 AND device_type = $2 AND ${IS_LIVE}
  ) AS live WHERE is_here OR ($4 > 0 AND nth >= $4)`;

/**
 * SQL: `ended`, the sessions of a query for ids that were not over before, and are now. They are locked in one order, so
 * that two who end several never wait for each other in a circle.
 */
function endedBy(reason: EndReason, which: string): string {
  return `
    ending AS (SELECT id FROM sessions WHERE id IN (${which}) ORDER BY id FOR UPDATE),
    ended AS (
      UPDATE sessions SET ended_at = now(), ended_reason = '${reason}' FROM ending
      WHERE sessions.id = ending.id AND ended_at IS NULL
      RETURNING sessions.id, account_id AS "accountId"
    )`;
}

const START = `
  WITH ${endedBy('replaced', IN_THE_WAY)}
  INSERT INTO sessions (account_id, device_type, device_id, id, device_name, browser, os, ip, key_thumbprint, idle_for,
                        expires_at)
  VALUES ($1, $2, $3, $5, $6, $7, $8, $9, $10, $11, now() + make_interval(secs => $12))
  RETURNING ${RUNS_OUT_IN} AS "runsOutIn", ARRAY(SELECT id FROM ended) AS replaced`;
