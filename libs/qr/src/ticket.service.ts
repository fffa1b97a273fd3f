import { randomInt, randomUUID } from 'node:crypto';
import {
  type AuditEvent,
  AuditLog,
  type AuditName,
  hashOf,
  newSecret,
  Problem,
  type Queryable,
  rows,
  type Transaction,
  transaction,
} from '#libs/common';
import {
  AccountStore,
  type Caller,
  heldAccount,
  keepsSession,
  isKnownScreen,
  type LiveSession,
  livesSession,
  type Presented,
  SessionEndings,
  SessionService,
  type Tokens,
} from '#libs/device-auth';
import { Signal } from '#libs/signal';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Bell } from './bell.js';
import { networkBetween } from './network.js';
import { QR_OPTIONS, type QrOptions } from './qr.options.js';
import { Refusals } from './refusals.js';
import { shownAddress } from './shown-address.js';
import { LOOK_COLUMNS, lookOf, type LookRow } from './ticket-looks.js';
import type { Ticket } from './ticket.entity.js';
import { type Move, MOVES, sqlList } from './ticket.moves.js';
import type { Confirm, Deny, OpenedTicket, OpenTicket, ScanResult } from './ticket.schemas.js';

/**
 * The moves of a ticket. Each is one conditional UPDATE whose condition holds every check, so that of two callers at
 * once the database lets one through; only the loser is asked why, in a second query.
 */
@Injectable()
export class TicketService implements OnModuleInit {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @Inject(Signal) private readonly signal: Signal,
    @InjectDataSource() private readonly db: DataSource,
    private readonly sessions: SessionService,
    private readonly endings: SessionEndings,
    private readonly refusals: Refusals,
    private readonly bell: Bell,
    private readonly audit: AuditLog,
  ) {}

  onModuleInit(): void {
    this.endings.onEnding((tx, sessionIds) => this.cancelAllOf(tx, sessionIds));
  }

  /** Opens a ticket for a screen. The secret is told here, and never again. */
  async open({ device }: OpenTicket, { ip, browser, os }: Caller): Promise<OpenedTicket> {
    const { ticketLife, decideUntil, hold } = this.options;
    const uuid = randomUUID();
    const secret = newSecret();
    const [row] = await rows<Pick<Ticket, 'expiresAt'>>(
      this.db,
      `INSERT INTO tickets (uuid, secret_hash, expires_at, decide_until, device_id, device_type, device_name, browser, os, ip)
       VALUES ($1, $2, now() + make_interval(secs => $3), now() + make_interval(secs => $4), $5, $6, $7, $8, $9, $10)
       RETURNING expires_at AS "expiresAt"`,
      [uuid, hashOf(secret), ticketLife, decideUntil, device.id, device.type, device.name ?? null, browser, os, ip],
    );
    this.audit.note({ event: 'ticket.opened', uuid, ip });
    return {
      uuid,
      secret,
      qrUrl: this.linkTo(uuid),
      qrImageUrl: `${this.options.publicUrl()}/v1/tickets/${uuid}/qr.svg`,
      status: 'pending',
      expiresAt: row!.expiresAt.toISOString(),
      expiresIn: ticketLife,
      holdFor: hold,
    };
  }

  /** What the QR code of a ticket says. */
  linkTo(uuid: string): string {
    return `${this.options.publicUrl()}/l/${uuid}`;
  }

  /**
   * A phone looks at the ticket and may decide on it from now on. The same phone may scan again: the earlier scan token
   * is dead then.
   * @throws Problem device_not_allowed | account_unavailable | session_ended | ticket_not_found |
   *   ticket_already_scanned | ticket_wrong_status | ticket_expired
   */
  async scan(uuid: string, phone: LiveSession, { ip }: Caller): Promise<ScanResult> {
    if (phone.deviceType !== 'phone') throw new Problem('device_not_allowed');
    const account = await this.accounts.find(phone.accountId);
    if (!account) throw new Problem('account_unavailable');
    const scanToken = newSecret();
    const asksForNumber = this.options.confirmChallenge === 'number';
    const screen = await this.move<Omit<ScanResult['screen'], 'openedAt'> & { expiresIn: number; openedAt: Date }>(
      this.db,
      'scan',
      uuid,
      `scan_token_hash = $2, phone_session_id = $3, phone_device_id = $4, account_id = $5,
       account_display_name = $6, account_avatar_url = $7, known_here = ${isKnownScreen('$5', 'tickets.device_id')},
       expires_at = LEAST(now() + make_interval(secs => $8), decide_until), number = COALESCE(number, $9)`,
      `(status = 'pending' OR (account_id = $5 AND phone_device_id = $4)) AND ${keepsSession('$3')}`,
      [
        hashOf(scanToken),
        phone.id,
        phone.deviceId,
        account.id,
        account.displayName,
        account.avatarUrl,
        this.options.decideWithin,
        asksForNumber ? randomInt(10, 100) : null,
      ],
      `device_type AS type, device_name AS name, browser, os, ip, created_at AS "openedAt",
       floor(extract(epoch FROM expires_at - now()))::int AS "expiresIn"`,
    );
    if (!screen) throw await this.refusals.ofScan(uuid, phone);
    this.moved({ event: 'ticket.scanned', uuid, ...actor(phone), ip }, screen);
    const { expiresIn, type, name, browser, os } = screen;
    const network = networkBetween(screen.ip, ip, this.options);
    const shownIp = shownAddress(screen.ip, network === 'same' || screen.knownHere);
    const openedAt = screen.openedAt.toISOString();
    return {
      scanToken,
      expiresIn,
      screen: { type, name, browser, os, ip: shownIp, openedAt, network },
      requires: { number: asksForNumber },
    };
  }

  /**
   * The person on the phone said yes. Repeated with the same scan token, because the answer got lost, it is a yes still.
   * @throws Problem session_ended | ticket_not_found | ticket_not_yours | scan_token_invalid | number_wrong |
   *   ticket_wrong_status | ticket_expired
   */
  async confirm(uuid: string, { scanToken, number }: Confirm, phone: LiveSession): Promise<void> {
    const done = await this.move(
      this.db,
      'confirm',
      uuid,
      'expires_at = now() + make_interval(secs => $4)',
      `phone_session_id = $2 AND scan_token_hash = $3 AND (number IS NULL OR number = $5) AND ${keepsSession('$2')}`,
      [phone.id, hashOf(scanToken), this.options.redeemWithin, number],
    );
    if (done) return this.moved({ event: 'ticket.confirmed', uuid, ...actor(phone) }, done);
    if (await this.isConfirmedBy(uuid, scanToken, phone)) return;
    const triesLeft = await this.countWrongNumber(uuid, scanToken, number, phone);
    if (triesLeft !== undefined) throw new Problem('number_wrong', { triesLeft });
    throw await this.refusals.ofDecision(uuid, scanToken, phone);
  }

  /**
   * The person on the phone said no.
   * @throws Problem ticket_not_found | ticket_not_yours | scan_token_invalid | ticket_wrong_status | ticket_expired
   */
  async deny(uuid: string, { scanToken, reason }: Deny, phone: LiveSession): Promise<void> {
    const done = await this.move(
      this.db,
      'deny',
      uuid,
      'deny_reason = $4',
      'phone_session_id = $2 AND scan_token_hash = $3',
      [phone.id, hashOf(scanToken), reason],
    );
    if (!done) throw await this.refusals.ofDecision(uuid, scanToken, phone);
    this.moved({ event: 'ticket.denied', uuid, ...actor(phone), detail: { reason } }, done);
  }

  /**
   * The screen does not want to sign in any more. Cancelling a cancelled ticket is fine.
   * @throws Problem ticket_not_found | ticket_wrong_status | ticket_expired
   */
  async cancel(uuid: string, secret: string): Promise<void> {
    const done = await this.move(this.db, 'cancel', uuid, '', 'secret_hash = $2', [hashOf(secret)]);
    if (done) return this.moved({ event: 'ticket.cancelled', uuid }, done);
    const problem = await this.refusals.ofCancel(uuid, secret);
    if (problem.extras.currentStatus !== 'cancelled') throw problem;
  }

  /**
   * Exchanges a confirmed ticket for tokens, once. If the answer got lost, it may be repeated for a while, until the
   * access token was first used: same session, fresh tokens, the earlier refresh token dead. Either way the session that
   * decided must still live, and its account must be there.
   * @param isGone whether the caller has hung up: then nothing happens
   * @throws Problem ticket_not_found | device_mismatch | ticket_wrong_status | ticket_expired | account_unavailable |
   *   session_limit_reached | proof_invalid
   * @see RFC 8628 §3.4
   */
  async redeem(uuid: string, secret: string, screen: Presented, isGone = () => false): Promise<Tokens> {
    return transaction(this.db, async (tx) => {
      const first = await this.redeemFirst(tx, uuid, secret, screen, isGone);
      if (first) return this.redeemed(tx, 'ticket.redeemed', uuid, first);
      const again = await this.redeemAgain(tx, uuid, secret, screen);
      if (!again) throw await this.refusals.ofRedeem(tx, uuid, secret, screen.deviceId);
      // a caller that has hung up may be back already on another connection: these tokens would kill the ones it got there
      if (isGone()) throw new Problem('unavailable');
      return this.redeemed(tx, 'ticket.redeemed_again', uuid, again);
    });
  }

  private async redeemFirst(
    tx: Transaction,
    uuid: string,
    secret: string,
    { deviceId, proof }: Presented,
    isGone: () => boolean,
  ): Promise<Tokens | undefined> {
    const sessionId = randomUUID();
    // whatever ends the session that decided comes before this, and is seen here, or after it, and sees what follows
    const holding = rows(tx, HOLD_ACCOUNT, [uuid, hashOf(secret)]);
    const redeeming = this.move<Ticket>(
      tx,
      'redeem',
      uuid,
      'session_id = $4, redeemed_at = now()',
      `secret_hash = $2 AND device_id = $3 AND ${livesSession('phone_session_id')}`,
      [hashOf(secret), deviceId, sessionId],
      SIGNED_IN_COLUMNS,
    );
    const [, ticket] = await Promise.all([holding, redeeming]);
    if (!ticket) return undefined;
    if (isGone()) throw new Problem('unavailable');
    const { accountId, deviceType: type, deviceName: name, browser, os, ip } = ticket;
    const device = { id: ticket.deviceId, type, name, browser, os };
    return this.sessions.start(tx, { accountId: accountId!, beganBy: 'scan', device, ip, proof }, sessionId);
  }

  private async redeemAgain(
    tx: Transaction,
    uuid: string,
    secret: string,
    { deviceId, proof }: Presented,
  ): Promise<Tokens | undefined> {
    const [ticket] = await rows<Ticket>(
      tx,
      `SELECT session_id AS "sessionId", account_id AS "accountId" FROM tickets
       WHERE uuid = $1 AND secret_hash = $2 AND device_id = $3 AND status = 'redeemed'
         AND redeemed_at > now() - make_interval(secs => $4) AND ${livesSession('phone_session_id')}`,
      [uuid, hashOf(secret), deviceId, this.options.redeemRepeat],
    );
    return ticket && this.sessions.renew(tx, ticket.sessionId!, ticket.accountId!, proof);
  }

  private redeemed(tx: Transaction, event: AuditName, uuid: string, tokens: Tokens): Tokens {
    tx.afterCommit(() => this.moved({ event, uuid, sessionId: tokens.session.id, accountId: tokens.account.id }));
    return tokens;
  }

  /** What an ended session has scanned or confirmed, and no screen has redeemed, is over with it. */
  private async cancelAllOf(tx: Transaction, sessionIds: readonly string[]): Promise<void> {
    const { from, to } = MOVES.orphan;
    const cancelled = await rows<LookRow & { uuid: string; sessionId: string; accountId: string }>(
      tx,
      `UPDATE tickets SET status = '${to}'
       WHERE phone_session_id = ANY($1) AND status IN (${sqlList(from)}) AND expires_at > now()
       RETURNING uuid, status, ${LOOK_COLUMNS}, phone_session_id AS "sessionId", account_id AS "accountId"`,
      [sessionIds],
    );
    tx.afterCommit(() => {
      for (const { uuid, sessionId, accountId, ...row } of cancelled) {
        const detail = { reason: 'session_ended' };
        this.moved({ event: 'ticket.cancelled', uuid, sessionId, accountId, detail }, row);
      }
    });
  }

  /** Whether this very confirm went through before, and the screen may still be waiting for what follows from it. */
  private async isConfirmedBy(uuid: string, scanToken: string, phone: LiveSession): Promise<boolean> {
    const [ticket] = await rows<Pick<Ticket, 'status' | 'sessionId'>>(
      this.db,
      `SELECT status, session_id AS "sessionId" FROM tickets
       WHERE uuid = $1 AND phone_session_id = $2 AND scan_token_hash = $3 AND ${livesSession('$2')}
         AND (status = 'confirmed' AND expires_at > now()
              OR status = 'redeemed' AND redeemed_at > now() - make_interval(secs => $4))`,
      [uuid, phone.id, hashOf(scanToken), this.options.redeemRepeat],
    );
    if (ticket?.status === 'redeemed') return this.sessions.isUnused(ticket.sessionId!);
    return ticket !== undefined;
  }

  /**
   * A wrong number is a try used up, and the last one denies the ticket. To give none is no try.
   * @returns the tries that are left, or nothing when it was not the number that stood in the way
   */
  private async countWrongNumber(
    uuid: string,
    scanToken: string,
    number: number | undefined,
    phone: LiveSession,
  ): Promise<number | undefined> {
    const { from, to } = MOVES.giveUp;
    const [ticket] = await rows<{ triesLeft: number }>(
      this.db,
      `UPDATE tickets SET
         wrong_numbers = wrong_numbers + tried.count,
         status = CASE WHEN wrong_numbers + tried.count >= $5 THEN '${to}' ELSE status END,
         deny_reason = CASE WHEN wrong_numbers + tried.count >= $5 THEN 'wrong_number' END
       FROM (SELECT CASE WHEN $4::int IS NULL THEN 0 ELSE 1 END AS count) AS tried
       WHERE uuid = $1 AND status IN (${sqlList(from)}) AND expires_at > now()
         AND phone_session_id = $2 AND scan_token_hash = $3 AND number IS DISTINCT FROM $4 AND number IS NOT NULL
       RETURNING $5 - wrong_numbers AS "triesLeft"`,
      [uuid, phone.id, hashOf(scanToken), number, MOST_WRONG_NUMBERS],
    );
    if (ticket?.triesLeft === 0) {
      this.moved({ event: 'ticket.denied', uuid, ...actor(phone), detail: { reason: 'wrong_number' } });
    }
    return ticket?.triesLeft;
  }

  /**
   * One conditional UPDATE. `$1` is the uuid; the caller's parameters follow.
   * @returns nothing when the condition did not hold
   */
  private async move<Row>(
    db: Queryable,
    move: Move,
    uuid: string,
    set: string,
    condition: string,
    parameters: unknown[],
    returning?: string,
  ): Promise<(Row & LookRow) | undefined> {
    const { from, to } = MOVES[move];
    const [row] = await rows<Row & LookRow>(
      db,
      `UPDATE tickets SET status = '${to}'${set && `, ${set}`}
       WHERE uuid = $1 AND status IN (${sqlList(from)}) AND expires_at > now() AND ${condition}
       RETURNING status, ${LOOK_COLUMNS}${returning ? `, ${returning}` : ''}`,
      [uuid, ...parameters],
    );
    return row;
  }

  /** @param row as it was written: who waits for it here need not read it again */
  private moved(event: AuditEvent & { uuid: string }, row?: LookRow): void {
    this.audit.note(event);
    if (row) this.bell.ring(event.uuid, lookOf(row));
    this.signal.send('ticket', event.uuid);
  }
}

function actor({ id: sessionId, accountId }: LiveSession) {
  return { sessionId, accountId };
}

/** With ninety numbers to choose from, three guesses are right in one ticket of thirty. */
const MOST_WRONG_NUMBERS = 3;

const SIGNED_IN_COLUMNS = `
  account_id AS "accountId", device_id AS "deviceId", device_type AS "deviceType", device_name AS "deviceName",
  browser, os, ip`;

const HOLD_ACCOUNT = `SELECT ${heldAccount('account_id')} FROM tickets WHERE uuid = $1 AND secret_hash = $2`;
