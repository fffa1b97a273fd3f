import { AuditLog, rows, sql, type Sql, type Transaction } from '@scan-login/nest/common';
import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable } from '@nestjs/common';
import { ringAccount } from '../notices/account-rings.js';
import { lockedAccount } from './account-lock.js';
import { type EndReason, SESSIONS } from './session.entity.js';

/** Which sessions end, and why. */
export interface Ending {
  accountId: string;
  reason: EndReason;
  /** The session that asked for it, if one did. */
  by?: string;
}

/** Ends what depends on sessions, in the transaction that ends the sessions. @param why for the audit log */
type AlongWithSessions = (tx: Transaction, sessionIds: readonly string[], why: string) => Promise<void>;

/** Ends sessions and what depends on them, under the lock of their account, and announces it after the commit. */
@Injectable()
export class SessionEndings {
  private readonly along: AlongWithSessions[] = [];

  constructor(
    @Inject(Signal) private readonly signal: Signal,
    private readonly audit: AuditLog,
  ) {}

  /** Registers what ends along with sessions. */
  onEnding(end: AlongWithSessions): void {
    this.along.push(end);
  }

  /** Locks the account: no other transaction can start or end a session of it until this one ends. */
  async lock(tx: Transaction, accountId: string): Promise<void> {
    await rows(tx, sql`SELECT ${lockedAccount(accountId)}`);
  }

  /** Ends one session of the account, which must be locked. A session that has ended already stays as it is. */
  endOne(tx: Transaction, id: string, ending: Ending): Promise<void> {
    return this.endThose(tx, sql`SELECT ${id}::uuid`, ending);
  }

  /**
   * Ends all sessions of the account, which must be locked, except the one that asked for it. What depends on that
   * session ends as well, because a new session could come of it.
   */
  async endAll(tx: Transaction, ending: Ending): Promise<void> {
    const others = sql`
      SELECT id FROM ${SESSIONS}
      WHERE account_id = ${ending.accountId} AND id IS DISTINCT FROM ${ending.by} AND ended_at IS NULL`;
    await this.endThose(tx, others, ending);
    if (ending.by) await this.endAlong(tx, [ending.by], ending.reason);
  }

  /** Completes the end of sessions that a statement with `endedBy` has ended. */
  async ended(tx: Transaction, ids: readonly string[], ending: Ending): Promise<void> {
    if (ids.length === 0) return;
    await this.endAlong(tx, ids, 'session_ended');
    this.tellOnceCommitted(tx, ids, ending);
  }

  /** The same for sessions on which nothing depends. */
  tellOnceCommitted(tx: Transaction, ids: readonly string[], { accountId, reason, by }: Ending): void {
    tx.afterCommit(() => {
      for (const sessionId of ids) {
        this.audit.note({ event: 'session.ended', sessionId, accountId, detail: { reason, ...(by && { by }) } });
        this.signal.send('session', sessionId);
      }
      if (ids.length > 0) ringAccount(this.signal, accountId);
    });
  }

  /** Ends what depends on the sessions of the account, which must be locked, but not the sessions. */
  async endAllAlong(tx: Transaction, { accountId, reason }: Ending): Promise<void> {
    const live = await rows<{ id: string }>(
      tx,
      sql`SELECT id FROM ${SESSIONS} WHERE account_id = ${accountId} AND ended_at IS NULL`,
    );
    await this.endAlong(
      tx,
      live.map(({ id }) => id),
      reason,
    );
  }

  private async endAlong(tx: Transaction, ids: readonly string[], why: string): Promise<void> {
    for (const end of this.along) await end(tx, ids, why);
  }

  /** Ends sessions of the account, which must be locked. @param which a query for ids */
  async endThose(tx: Transaction, which: Sql, ending: Ending): Promise<void> {
    const ended = await rows<{ id: string }>(tx, sql`WITH ${endedBy(ending.reason, which)} SELECT id FROM ended`);
    const ids = ended.map(({ id }) => id);
    await this.ended(tx, ids, ending);
  }
}

/**
 * SQL: ends the sessions of a query for ids; `ended` has those that were live before. They are locked in order of id,
 * so that two transactions that end several sessions do not deadlock.
 */
export function endedBy(reason: EndReason, which: Sql): Sql {
  return sql`
    ending AS (SELECT id FROM ${SESSIONS} WHERE id IN (${which}) ORDER BY id FOR UPDATE),
    ended AS (
      UPDATE ${SESSIONS} SET ended_at = now(), ended_reason = ${reason} FROM ending
      WHERE sessions.id = ending.id AND ended_at IS NULL
      RETURNING sessions.id
    )`;
}
