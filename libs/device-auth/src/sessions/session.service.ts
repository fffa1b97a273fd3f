import { randomUUID } from 'node:crypto';
import {
  AccountLimits,
  AuditLog,
  empty,
  isUuid,
  Problem,
  type Queryable,
  rows,
  sql,
  type Sql,
  type Transaction,
  transaction,
} from '@scan-login/nest/common';
import { Signal } from '@scan-login/nest/signal';
import { AccessTokens, type Proof, RefreshTokens } from '@scan-login/nest/token';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Account, AccountStore } from '../accounts/account-store.js';
import { DEVICE_AUTH_OPTIONS, type DeviceAuthOptions } from '../device-auth.options.js';
import type { Device, DeviceType } from '../devices/device.js';
import { IS_FORGOTTEN, KNOWN_SCREENS } from '../devices/known-screen.entity.js';
import { Places, type Whereabouts, whereaboutsOf } from '../devices/whereabouts.js';
import { ringAccount } from '../notices/account-rings.js';
import { heldAccount, lockedAccount } from './account-lock.js';
import { Admission, type Presented } from './admission.js';
import type { LiveSession } from './live-session.js';
import { endedBy, type Ending, SessionEndings } from './session-endings.js';
import { type EndReason, IS_LIVE, RUNS_OUT_IN, type Session, SESSIONS } from './session.entity.js';
import type { Tokens } from './session.schemas.js';

/** Which account signs in, and on which device. */
export interface Beginning {
  accountId: string;
  /** Of the credential that was verified; nothing if a phone confirmed instead. */
  credentialVersion?: string;
  beganBy: Session['beganBy'];
  device: Device;
  ip: string;
  /** Proof of the device's key, which every later call must prove again. The start uses it up. */
  proof?: Proof;
  /** `Bearer`: the tokens are not bound to the proven key. */
  tokenType?: Tokens['tokenType'];
  /** Thumbprint of the key by which the screen is known, empty for none; that of the proof if it is left out. */
  screenKey?: string;
}

/** How a session starts in a transaction. */
interface Start {
  /** Of the new session, for a caller that must know it in advance. */
  id?: string;
  /** The caller has opened the transaction, and issues nothing after this: then COMMIT is sent along. */
  isLast?: boolean;
}

/** The key to which tokens are bound, or not. */
type Binding = Pick<Beginning, 'proof' | 'tokenType'>;
type Bound = Pick<Session, 'deviceType' | 'keyThumbprint' | 'generation'>;

@Injectable()
export class SessionService {
  constructor(
    @Inject(DEVICE_AUTH_OPTIONS) private readonly options: DeviceAuthOptions,
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @InjectDataSource() private readonly db: DataSource,
    private readonly endings: SessionEndings,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly admission: Admission,
    private readonly audit: AuditLog,
    @Inject(Signal) private readonly signal: Signal,
    @Optional() @Inject(AccountLimits) private readonly limits?: AccountLimits,
    @Optional() @Inject(Places) private readonly places?: Places,
  ) {}

  /**
   * Starts a session. It replaces the account's session on the same device, and the oldest one on devices of its type
   * if there are as many as allowed.
   * @throws Problem account_unavailable | invalid_credentials | session_limit_reached | proof_invalid
   */
  async start(
    tx: Transaction,
    beginning: Beginning,
    { id = randomUUID(), isLast = false }: Start = {},
  ): Promise<Tokens> {
    const { accountId, device, proof } = beginning;
    const turn = this.takeTurn(tx, accountId, device);
    // a store with its own connections must read the version after the lock was taken; a redeem holds it already
    if (beginning.credentialVersion !== undefined) await turn;
    const [, account] = await Promise.all([turn, this.accounts.find(accountId, tx), proof?.useUp(tx)]);
    this.checkAccount(account, beginning);
    const { sessionsPerDeviceType: limit, sessionLimitPolicy } = this.options;
    if (limit > 0 && sessionLimitPolicy === 'refuse') await this.refuseOneTooMany(tx, accountId, device);
    const write = () => this.write(tx, id, beginning, account);
    // tickets depend on the phone's session that has scanned them, and end with it, in statements that wait for this one
    return isLast && device.type !== 'phone' ? tx.last(write) : write();
  }

  private async write(tx: Transaction, id: string, beginning: Beginning, account: Account): Promise<Tokens> {
    const { accountId, device } = beginning;
    const { type } = device;
    const keyThumbprint = boundTo(beginning);
    const [[row], refreshToken] = await Promise.all([
      rows<{ runsOutIn: number; replaced: string[] }>(tx, this.started(id, beginning)),
      this.refreshTokens.issue(tx, id),
    ]);
    const { runsOutIn, replaced } = row!;
    tx.afterCommit(() => {
      this.audit.note({ event: 'session.started', sessionId: id, accountId });
      ringAccount(this.signal, accountId);
    });
    const ending = { accountId, reason: 'replaced', by: id } as const;
    if (type === 'phone') await this.endings.ended(tx, replaced, ending);
    else this.endings.tellOnceCommitted(tx, replaced, ending);
    return this.tokens({ id, deviceType: type, keyThumbprint, generation: 1, runsOutIn }, account, refreshToken);
  }

  /** SQL: writes the session, ends those that it replaces, and remembers that the account is known there. */
  private started(id: string, beginning: Beginning): Sql {
    const { accountId, device, ip, beganBy, proof, screenKey = proof?.thumbprint ?? '' } = beginning;
    const { sessionsPerDeviceType: limit } = this.options;
    const { id: deviceId, type, name, browser, os } = device;
    const [idle, max] = this.lives(type);
    return sql`
      WITH ${endedBy('replaced', inTheWay(accountId, device, limit))},
      remembered AS (
        ${type === 'phone' ? sql`SELECT` : remembered(beginning, whereaboutsOf(ip, this.places))}
      )
      INSERT INTO ${SESSIONS} (id, account_id, device_id, device_type, device_name, browser, os, ip, key_thumbprint,
                               screen_key, began_by, idle_for, expires_at)
      VALUES (${id}, ${accountId}, ${deviceId}, ${type}, ${name}, ${browser}, ${os}, ${ip}, ${boundTo(beginning)},
              ${screenKey}, ${beganBy}, ${idle}, now() + make_interval(secs => ${max}))
      RETURNING ${RUNS_OUT_IN} AS "runsOutIn", ARRAY(SELECT id FROM ended) AS replaced`;
  }

  /**
   * New tokens for a session whose first ones got lost on the way. The earlier refresh token becomes invalid.
   * @returns nothing once the session was used, has ended, or is bound to another key
   * @throws Problem account_unavailable | proof_invalid
   */
  async renew(tx: Transaction, id: string, accountId: string, binding: Binding): Promise<Tokens | undefined> {
    const [row] = await rows<Bound & { runsOutIn: number }>(
      tx,
      sql`SELECT device_type AS "deviceType", key_thumbprint AS "keyThumbprint", generation,
                 ${RUNS_OUT_IN} AS "runsOutIn"
          FROM ${SESSIONS}
          WHERE id = ${id} AND used_at IS NULL AND key_thumbprint IS NOT DISTINCT FROM ${boundTo(binding)} AND ${IS_LIVE}
          FOR UPDATE`,
    );
    if (!row) return undefined;
    const [account] = await Promise.all([this.accounts.find(accountId, tx), binding.proof?.useUp(tx)]);
    if (!account) throw new Problem('account_unavailable');
    return this.tokens({ id, ...row }, account, await this.refreshTokens.reissue(tx, id));
  }

  /** Whether the session lives and none of its tokens was used yet. */
  async isUnused(id: string): Promise<boolean> {
    const found = await rows(this.db, sql`SELECT FROM ${SESSIONS} WHERE id = ${id} AND used_at IS NULL AND ${IS_LIVE}`);
    return found.length > 0;
  }

  /**
   * @throws Problem token_invalid | session_ended | device_mismatch | too_many_requests | proof_invalid |
   *   account_unavailable
   */
  async refresh(refreshToken: string, caller: Presented): Promise<Tokens> {
    const { session, rotation } = await transaction(this.db, async (tx) => {
      // the session is locked first, as everywhere, so that a repeated redeem and a refresh take turns. A refusal comes
      // before the token is touched: a call from the wrong device does not use it up
      const sessionId = await this.refreshTokens.sessionOf(tx, refreshToken);
      const touched = await this.admission.touch(tx, sessionId, caller);
      // each refresh adds a row that lives as long as the session. Counted by session, so that others are not limited
      await this.limits?.take('decision', sessionId);
      await caller.proof?.useUp(tx);
      const { generation, usedGeneration } = touched;
      const rotated = await this.refreshTokens.rotate(tx, refreshToken, { isGraceOver: usedGeneration >= generation });
      if (rotated.outcome !== 'rotated') return { session: touched, rotation: rotated };
      return { session: { ...touched, generation: await this.nextGeneration(tx, sessionId) }, rotation: rotated };
    });
    if (rotation.outcome === 'reused') {
      const { id, accountId } = session;
      this.audit.note({ event: 'session.refresh_reused', sessionId: id, accountId });
      await this.end(id, { accountId, reason: 'refresh_reused' });
      throw new Problem('session_ended', { reason: 'refresh_reused' });
    }
    const account = await this.accounts.find(session.accountId);
    if (!account) throw new Problem('account_unavailable');
    return this.tokens(session, account, rotation.refreshToken);
  }

  /**
   * The live sessions that the caller may see, the last used one first: those of its account; a companion sees its own.
   */
  async list({ id, accountId, isCompanion }: LiveSession): Promise<Session[]> {
    return rows<Session>(
      this.db,
      sql`SELECT id, device_type AS "deviceType", device_name AS "deviceName", browser, os, ip,
                 created_at AS "createdAt", last_seen_at AS "lastSeenAt"
          FROM ${SESSIONS} WHERE account_id = ${accountId} ${isCompanion ? sql`AND id = ${id}` : empty} AND ${IS_LIVE}
          ORDER BY last_seen_at DESC, id`,
    );
  }

  /**
   * Ends one session of the caller's account, or the caller's own. A session that has ended already stays as it is.
   * @throws Problem companion_session | session_not_found | session_ended
   */
  async endOne(id: string, by: LiveSession): Promise<void> {
    if (id === by.id) return this.end(id, { accountId: by.accountId, reason: 'signed_out', by: by.id });
    if (by.isCompanion) throw new Problem('companion_session');
    const [own] = isUuid(id)
      ? await rows(this.db, sql`SELECT id FROM ${SESSIONS} WHERE id = ${id} AND account_id = ${by.accountId}`)
      : [];
    if (!own) throw new Problem('session_not_found');
    await transaction(this.db, async (tx) => {
      await this.endings.lock(tx, by.accountId);
      // the caller's session may have ended since it was admitted: of two that end each other, the first one wins
      const refusal = await this.admission.refusalOf(tx, by.id);
      if (refusal) throw refusal;
      await this.endings.endOne(tx, id, { accountId: by.accountId, reason: 'revoked', by: by.id });
    });
  }

  /**
   * Ends all sessions of an account. With accounts of your own, call it after a new credential, a deletion or a lock of
   * the account was committed.
   */
  async endAll(accountId: string, reason: EndReason): Promise<void> {
    await transaction(this.db, async (tx) => {
      await this.endings.lock(tx, accountId);
      await this.endings.endAll(tx, { accountId, reason });
    });
  }

  private async end(id: string, ending: Ending): Promise<void> {
    await transaction(this.db, async (tx) => {
      await this.endings.lock(tx, ending.accountId);
      await this.endings.endOne(tx, id, ending);
    });
  }

  /** The number of a refresh. Its tokens count as used once one of them, or of a later refresh, was used. */
  private async nextGeneration(tx: Transaction, id: string): Promise<number> {
    const [row] = await rows<{ generation: number }>(
      tx,
      sql`UPDATE ${SESSIONS} SET generation = generation + 1 WHERE id = ${id} RETURNING generation`,
    );
    return row!.generation;
  }

  private checkAccount(account: Account | undefined, { credentialVersion }: Beginning): asserts account {
    if (!account) throw new Problem('account_unavailable');
    if (credentialVersion === undefined || credentialVersion === account.credentialVersion) return;
    // the credential was changed after it was verified
    throw new Problem('invalid_credentials');
  }

  /**
   * Sign-ins of one account take turns, so that two at once cannot both take the last free place. A phone's sign-in may
   * end another phone's session, on which a redeem may depend, so it locks the whole account.
   */
  private async takeTurn(tx: Queryable, accountId: string, { type }: Device): Promise<void> {
    const account = type === 'phone' ? lockedAccount(accountId) : heldAccount(accountId);
    await rows(tx, sql`SELECT ${account}, pg_advisory_xact_lock(hashtextextended(${`${accountId} ${type}`}, 0))`);
  }

  private async refuseOneTooMany(tx: Queryable, accountId: string, device: Device): Promise<void> {
    const elsewhere = await rows(
      tx,
      sql`SELECT id FROM ${SESSIONS}
          WHERE account_id = ${accountId} AND device_type = ${device.type} AND device_id <> ${device.id} AND ${IS_LIVE}`,
    );
    if (elsewhere.length >= this.options.sessionsPerDeviceType) throw new Problem('session_limit_reached');
  }

  private lives(type: DeviceType): [idle: number, max: number] {
    const { phoneSessionIdle, phoneSessionMax, screenSessionIdle, screenSessionMax } = this.options;
    return type === 'phone' ? [phoneSessionIdle, phoneSessionMax] : [screenSessionIdle, screenSessionMax];
  }

  private tokens(
    { id, deviceType, keyThumbprint, generation, runsOutIn }: Bound & { id: string; runsOutIn: number },
    { id: accountId, displayName, avatarUrl }: Account,
    refreshToken: string,
  ): Tokens {
    return {
      tokenType: keyThumbprint ? 'DPoP' : 'Bearer',
      ...this.accessTokens.issue({ accountId, sessionId: id, deviceType, keyThumbprint, generation }),
      refreshToken,
      refreshExpiresIn: runsOutIn,
      session: { id },
      account: { id: accountId, displayName, avatarUrl },
    };
  }
}

/** Thumbprint of the key that each later call must prove. */
function boundTo({ proof, tokenType }: Binding): string | null {
  return tokenType === 'Bearer' ? null : (proof?.thumbprint ?? null);
}

/** SQL: remembers the screen as it is now; once a day, however often it signs in, unless something about it changed. */
function remembered(
  { accountId, device, proof, screenKey = proof?.thumbprint ?? '' }: Beginning,
  { network, place }: Whereabouts,
): Sql {
  const { id, type, name, browser, os } = device;
  return sql`
    INSERT INTO ${KNOWN_SCREENS} AS known (id, account_id, device_id, key_thumbprint, device_type, device_name, browser,
                                           os, network, place)
    VALUES (gen_random_uuid(), ${accountId}, ${id}, ${screenKey}, ${type}, ${name}, ${browser}, ${os},
            ${network}, ${place})
    ON CONFLICT (account_id, device_id, key_thumbprint) DO UPDATE SET
      signed_in_at = now(), device_type = EXCLUDED.device_type, device_name = EXCLUDED.device_name,
      browser = EXCLUDED.browser, os = EXCLUDED.os, network = EXCLUDED.network, place = EXCLUDED.place,
      -- a screen that was forgotten is new again
      first_signed_in_at = CASE WHEN known.${IS_FORGOTTEN} THEN now() ELSE known.first_signed_in_at END,
      acknowledged_at = CASE WHEN known.${IS_FORGOTTEN} THEN NULL ELSE known.acknowledged_at END
    WHERE known.signed_in_at < now() - interval '1 day'
      OR (known.device_type, known.device_name, known.browser, known.os, known.network, known.place) IS DISTINCT FROM
         (EXCLUDED.device_type, EXCLUDED.device_name, EXCLUDED.browser, EXCLUDED.os, EXCLUDED.network, EXCLUDED.place)`;
}

/** SQL: the sessions that a new one replaces: that on the same device, and the oldest others beyond the limit. */
function inTheWay(accountId: string, { id, type }: Device, limit: number): Sql {
  return sql`
    SELECT id FROM (
      SELECT id, is_here, row_number() OVER (PARTITION BY is_here ORDER BY created_at DESC, id) AS nth
      FROM (
        SELECT id, created_at, device_id = ${id} AS is_here FROM ${SESSIONS}
        WHERE account_id = ${accountId} AND device_type = ${type} AND ${IS_LIVE}
      ) AS live
    ) AS numbered WHERE is_here ${limit > 0 ? sql`OR nth >= ${limit}` : empty}`;
}
