import { hashOf, rows, sql } from '@scan-login/nest/common';
import { type LiveSession, ringAccount } from '@scan-login/nest/device-auth';
import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Refusals } from '../refusals.js';
import { SNAPSHOT_COLUMNS, type SnapshotRow } from '../../waiting/ticket-reader.js';
import { TICKETS } from '../ticket.entity.js';
import { isAt, MOVES } from '../ticket.moves.js';
import type { Deny } from '../ticket.schemas.js';
import { actor, TicketNews } from './ticket-news.js';

@Injectable()
export class TicketDenial {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    @Inject(Signal) private readonly signal: Signal,
    private readonly refusals: Refusals,
    private readonly news: TicketNews,
  ) {}

  /**
   * The user declines on the phone.
   * @throws Problem session_ended | ticket_not_found | ticket_not_yours | scan_token_invalid | ticket_wrong_status |
   *   ticket_expired
   */
  async deny(uuid: string, { scanToken, reason }: Deny, phone: LiveSession): Promise<void> {
    const [done] = await rows<SnapshotRow>(
      this.db,
      sql`UPDATE ${TICKETS} SET status = ${MOVES.deny.to}, deny_reason = ${reason}
          WHERE uuid = ${uuid} AND ${isAt(MOVES.deny.from)}
            AND phone_session_id = ${phone.id} AND scan_token_hash = ${hashOf(scanToken)}
          RETURNING status, ${SNAPSHOT_COLUMNS}`,
    );
    if (!done) throw await this.refusals.ofDecision(uuid, scanToken, phone);
    this.news.moved({ event: 'ticket.denied', uuid, ...actor(phone), detail: { reason } }, done);
    if (reason === 'not_me') ringAccount(this.signal, phone.accountId);
  }
}
