import { hashOf, Problem, rows, type Sql, sql } from '@scan-login/nest/common';
import { keepsSession, type LiveSession, livesSession, SessionService } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { QR_OPTIONS, type QrOptions } from '../../qr.options.js';
import { Refusals } from '../refusals.js';
import { SNAPSHOT_COLUMNS, type SnapshotRow } from '../../waiting/ticket-reader.js';
import { type Ticket, TICKETS } from '../ticket.entity.js';
import { isAt, MOVES } from '../ticket.moves.js';
import type { Confirm } from '../ticket.schemas.js';
import { TicketVerification } from '../ticket-verification.js';
import { actor, TicketNews } from './ticket-news.js';

/** There are ninety numbers, so three guesses succeed for one ticket in thirty. */
const MOST_WRONG_NUMBERS = 3;

/** A decision of one phone on one ticket. */
interface Decision {
  uuid: string;
  sessionId: string;
  scanTokenHash: Buffer;
}

@Injectable()
export class TicketConfirm {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly sessions: SessionService,
    private readonly refusals: Refusals,
    private readonly verification: TicketVerification,
    private readonly news: TicketNews,
  ) {}

  /**
   * The user approves on the phone. A confirm that is repeated with the same scan token, because its response got lost,
   * succeeds again.
   * @throws Problem session_ended | ticket_not_found | ticket_not_yours | scan_token_invalid | verification_required |
   *   verification_failed | number_wrong | ticket_wrong_status | ticket_expired
   */
  async confirm(uuid: string, { scanToken, number, assertion }: Confirm, phone: LiveSession): Promise<void> {
    const decision = { uuid, sessionId: phone.id, scanTokenHash: hashOf(scanToken) };
    const verified = assertion && (await this.verification.verify(uuid, scanToken, assertion, phone));
    const [done] = await rows<SnapshotRow>(
      this.db,
      sql`UPDATE ${TICKETS} SET
            status = ${MOVES.confirm.to}, expires_at = now() + make_interval(secs => ${this.options.redeemWithin})
          WHERE ${isOf(decision)} AND ${isAt(MOVES.confirm.from)} AND (number IS NULL OR number = ${number})
            AND (NOT needs_verification OR ${verified !== undefined}) AND ${keepsSession(phone.id)}
          RETURNING status, ${SNAPSHOT_COLUMNS}`,
    );
    if (done) {
      const detail = verified && { passkeyId: verified.id };
      this.news.moved({ event: 'ticket.confirmed', uuid, ...actor(phone), detail }, done);
      return verified?.used();
    }
    if (await this.wasConfirmed(decision)) return;
    const triesLeft = await this.countWrongNumber(decision, number, verified !== undefined);
    if (triesLeft === undefined) throw await this.refusals.ofDecision(uuid, scanToken, phone);
    if (triesLeft === 0) {
      this.news.moved({ event: 'ticket.denied', uuid, ...actor(phone), detail: { reason: 'wrong_number' } });
    }
    throw new Problem('number_wrong', { triesLeft });
  }

  /** Whether this confirm succeeded before, and the tokens of the session that came of it were not used yet. */
  private async wasConfirmed(decision: Decision): Promise<boolean> {
    const [ticket] = await rows<Pick<Ticket, 'status' | 'sessionId'>>(
      this.db,
      sql`SELECT status, session_id AS "sessionId" FROM ${TICKETS}
          WHERE ${isOf(decision)} AND ${livesSession(decision.sessionId)}
            AND (status = 'confirmed' AND expires_at > now()
                 OR status = 'redeemed' AND redeemed_at > now() - make_interval(secs => ${this.options.redeemRepeat}))`,
    );
    if (ticket?.status === 'redeemed') return this.sessions.isUnused(ticket.sessionId!);
    return ticket !== undefined;
  }

  /**
   * A wrong number uses up a try, and the last one denies the ticket. A missing number uses up none, and neither does a
   * confirm without the verification that it needs.
   * @returns the tries that are left, or nothing if the number was not the reason
   */
  private async countWrongNumber(
    decision: Decision,
    number: number | undefined,
    isVerified: boolean,
  ): Promise<number | undefined> {
    const tries = number === undefined ? 0 : 1;
    const [ticket] = await rows<{ triesLeft: number }>(
      this.db,
      sql`UPDATE ${TICKETS} SET
            wrong_numbers = wrong_numbers + tried.count,
            status = CASE WHEN wrong_numbers + tried.count >= tried.most THEN ${MOVES.giveUp.to} ELSE status END,
            deny_reason = CASE WHEN wrong_numbers + tried.count >= tried.most THEN 'wrong_number' END
          FROM (SELECT ${tries}::int AS count, ${MOST_WRONG_NUMBERS}::int AS most) AS tried
          WHERE ${isOf(decision)} AND ${isAt(MOVES.giveUp.from)} AND number IS DISTINCT FROM ${number}
            AND number IS NOT NULL AND (NOT needs_verification OR ${isVerified})
          RETURNING tried.most - wrong_numbers AS "triesLeft"`,
    );
    return ticket?.triesLeft;
  }
}

/** SQL: the ticket that this phone may decide on. */
function isOf({ uuid, sessionId, scanTokenHash }: Decision): Sql {
  return sql`uuid = ${uuid} AND phone_session_id = ${sessionId} AND scan_token_hash = ${scanTokenHash}`;
}
