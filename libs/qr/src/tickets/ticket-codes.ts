import { batchedRows, hashOf, Problem, sql } from '@scan-login/nest/common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { QR_OPTIONS, type QrOptions } from '../qr.options.js';
import { outOfOrder } from './refusals.js';
import { codeChangesIn, presentCode } from './ticket-code.js';
import { type Ticket, TICKETS } from './ticket.entity.js';
import { TicketLinks } from './ticket-links.js';
import { STATUS_NOW, type TicketStatus } from './ticket.moves.js';
import type { TicketCode } from './ticket.schemas.js';

type Row = Pick<Ticket, 'uuid' | 'keyThumbprint'> & { code: string | null; status: TicketStatus } & Pick<
    TicketCode,
    'rotatesIn' | 'expiresIn'
  >;

/** The codes that a screen shows while its ticket waits for a scan. */
@Injectable()
export class TicketCodes {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly links: TicketLinks,
  ) {}

  /**
   * The present code of a rotating ticket. Changes nothing.
   * @throws Problem ticket_not_found | ticket_wrong_status | ticket_expired
   */
  async present(uuid: string, secret: string): Promise<TicketCode> {
    const [ticket] = await batchedRows<Row>(
      this.db,
      'tickets',
      sql`SELECT uuid, key_thumbprint AS "keyThumbprint", ${presentCode(this.options)} AS code, ${STATUS_NOW} AS status,
                 ${codeChangesIn(this.options)} AS "rotatesIn",
                 ceil(extract(epoch FROM expires_at - now()))::int AS "expiresIn"
          FROM ${TICKETS} WHERE uuid = ${uuid} AND secret_hash = ${hashOf(secret)}`,
    );
    if (!ticket) throw new Problem('ticket_not_found');
    const { status, code, rotatesIn, expiresIn } = ticket;
    if (status !== 'pending' || code === null) throw outOfOrder(status);
    return { qrUrl: this.links.linkOf(ticket), qrImageUrl: this.links.pictureOf(ticket), rotatesIn, expiresIn };
  }
}
