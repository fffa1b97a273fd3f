import { hashOf, rows, sql } from '@scan-login/nest/common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Refusals } from '../refusals.js';
import { SNAPSHOT_COLUMNS, type SnapshotRow } from '../../waiting/ticket-reader.js';
import { TICKETS } from '../ticket.entity.js';
import { isAt, MOVES } from '../ticket.moves.js';
import { TicketNews } from './ticket-news.js';

@Injectable()
export class TicketCancel {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly refusals: Refusals,
    private readonly news: TicketNews,
  ) {}

  /**
   * The screen gives up. Cancelling a cancelled ticket succeeds.
   * @throws Problem ticket_not_found | ticket_wrong_status | ticket_expired
   */
  async cancel(uuid: string, secret: string): Promise<void> {
    const [done] = await rows<SnapshotRow>(
      this.db,
      sql`UPDATE ${TICKETS} SET status = ${MOVES.cancel.to}
          WHERE uuid = ${uuid} AND ${isAt(MOVES.cancel.from)} AND secret_hash = ${hashOf(secret)}
          RETURNING status, ${SNAPSHOT_COLUMNS}`,
    );
    if (done) return this.news.moved({ event: 'ticket.cancelled', uuid }, done);
    const problem = await this.refusals.ofCancel(uuid, secret);
    if (problem.extras.currentStatus !== 'cancelled') throw problem;
  }
}
