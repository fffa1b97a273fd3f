import { hashOf, Problem, rows } from '@scan-login/nest/common';
import { keepsSession, type LiveSession, livesSession, SessionService } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { QR_OPTIONS, type QrOptions } from '../qr.options.js';
import { Refusals } from '../refusals.js';
import { LOOK_COLUMNS, type LookRow } from '../ticket-looks.js';
import type { Ticket } from '../ticket.entity.js';
import { isAt, MOVES } from '../ticket.moves.js';
import type { Confirm } from '../ticket.schemas.js';
import { actor, TicketNews } from './ticket-news.js';

/** With ninety numbers to choose from, three guesses are right in one ticket of thirty. */
const MOST_WRONG_NUMBERS = 3;

const CONFIRM = `
  UPDATE tickets SET status = '${MOVES.confirm.to}', expires_at = now() + make_interval(secs => $4)
  WHERE uuid = $1 AND ${isAt(MOVES.confirm.from)} AND phone_session_id = $2 AND scan_token_hash = $3
    AND (number IS NULL OR number = $5) AND ${keepsSession('$2')}
  RETURNING status, ${LOOK_COLUMNS}`;

const CONFIRMED_BEFORE = `
  SELECT status, session_id AS "sessionId" FROM tickets
  WHERE uuid = $1 AND phone_session_id = $2 AND scan_token_hash = $3 AND ${livesSession('$2')}
    AND (status = 'confirmed' AND expires_at > now()
         OR status = 'redeemed' AND redeemed_at > now() - make_interval(secs => $4))`;

const COUNT_WRONG_NUMBER = `
  UPDATE tickets SET
    wrong_numbers = wrong_numbers + tried.count,
    status = CASE WHEN wrong_numbers + tried.count >= $5 THEN '${MOVES.giveUp.to}' ELSE status END,
    deny_reason = CASE WHEN wrong_numbers + tried.count >= $5 THEN 'wrong_number' END
  FROM (SELECT CASE WHEN $4::int IS NULL THEN 0 ELSE 1 END AS count) AS tried
  WHERE uuid = $1 AND ${isAt(MOVES.giveUp.from)} AND phone_session_id = $2 AND scan_token_hash = $3
    AND number IS DISTINCT FROM $4 AND number IS NOT NULL
  RETURNING $5 - wrong_numbers AS "triesLeft"`;

@Injectable()
export class TicketConfirm {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly sessions: SessionService,
    private readonly refusals: Refusals,
    private readonly news: TicketNews,
  ) {}

  /**
   * The person on the phone said yes. Repeated with the same scan token, because the answer got lost, it is a yes still.
   * @throws Problem session_ended | ticket_not_found | ticket_not_yours | scan_token_invalid | number_wrong |
   *   ticket_wrong_status | ticket_expired
   */
  async confirm(uuid: string, { scanToken, number }: Confirm, phone: LiveSession): Promise<void> {
    const which = [uuid, phone.id, hashOf(scanToken)];
    const [done] = await rows<LookRow>(this.db, CONFIRM, [...which, this.options.redeemWithin, number]);
    if (done) return this.news.moved({ event: 'ticket.confirmed', uuid, ...actor(phone) }, done);
    if (await this.wasConfirmed(which)) return;
    const triesLeft = await this.countWrongNumber(which, number);
    if (triesLeft === undefined) throw await this.refusals.ofDecision(uuid, scanToken, phone);
    if (triesLeft === 0) {
      this.news.moved({ event: 'ticket.denied', uuid, ...actor(phone), detail: { reason: 'wrong_number' } });
    }
    throw new Problem('number_wrong', { triesLeft });
  }

  /** Whether this very confirm went through before, and the screen may still be waiting for what follows from it. */
  private async wasConfirmed(which: unknown[]): Promise<boolean> {
    const parameters = [...which, this.options.redeemRepeat];
    const [ticket] = await rows<Pick<Ticket, 'status' | 'sessionId'>>(this.db, CONFIRMED_BEFORE, parameters);
    if (ticket?.status === 'redeemed') return this.sessions.isUnused(ticket.sessionId!);
    return ticket !== undefined;
  }

  /**
   * A wrong number is a try used up, and the last one denies the ticket. To give none is no try.
   * @returns the tries that are left, or nothing when it was not the number that stood in the way
   */
  private async countWrongNumber(which: unknown[], number: number | undefined): Promise<number | undefined> {
    const parameters = [...which, number, MOST_WRONG_NUMBERS];
    const [ticket] = await rows<{ triesLeft: number }>(this.db, COUNT_WRONG_NUMBER, parameters);
    return ticket?.triesLeft;
  }
}
