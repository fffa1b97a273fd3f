import { hashOf, rows } from '@scan-login/nest/common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Refusals } from '../refusals.js';
import { LOOK_COLUMNS, type LookRow } from '../ticket-looks.js';
import { isAt, MOVES } from '../ticket.moves.js';
import { TicketNews } from './ticket-news.js';

const CANCEL = `
  UPDATE tickets SET status = '${MOVES.cancel.to}'
  WHERE uuid = $1 AND ${isAt(MOVES.cancel.from)} AND secret_hash = $2
  RETURNING status, ${LOOK_COLUMNS}`;

@Injectable()
export class TicketCancel {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly refusals: Refusals,
    private readonly news: TicketNews,
  ) {}

  /**
   * The screen does not want to sign in any more. Cancelling a cancelled ticket is fine.
   * @throws Problem ticket_not_found | ticket_wrong_status | ticket_expired
   */
  async cancel(uuid: string, secret: string): Promise<void> {
    const [done] = await rows<LookRow>(this.db, CANCEL, [uuid, hashOf(secret)]);
    if (done) return this.news.moved({ event: 'ticket.cancelled', uuid }, done);
    const problem = await this.refusals.ofCancel(uuid, secret);
    if (problem.extras.currentStatus !== 'cancelled') throw problem;
  }
}
