import { randomUUID } from 'node:crypto';
import { AuditLog, hashOf, newSecret, RoutePaths, rows, sql } from '@scan-login/nest/common';
import type { Caller } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { QR_OPTIONS, type QrOptions } from '../../qr.options.js';
import { type Ticket, TICKETS } from '../ticket.entity.js';
import type { OpenedTicket, OpenTicket } from '../ticket.schemas.js';

@Injectable()
export class TicketOpening {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly audit: AuditLog,
    private readonly paths: RoutePaths,
  ) {}

  /** Opens a ticket for a screen. Only this response contains the secret. */
  async open({ device }: OpenTicket, { ip, browser, os }: Caller): Promise<OpenedTicket> {
    const { ticketLife, decideUntil, hold, publicUrl } = this.options;
    const uuid = randomUUID();
    const secret = newSecret();
    const [row] = await rows<Pick<Ticket, 'expiresAt'>>(
      this.db,
      sql`INSERT INTO ${TICKETS} (uuid, secret_hash, expires_at, decide_until,
                                  device_id, device_type, device_name, browser, os, ip)
          VALUES (${uuid}, ${hashOf(secret)},
                  now() + make_interval(secs => ${ticketLife}), now() + make_interval(secs => ${decideUntil}),
                  ${device.id}, ${device.type}, ${device.name}, ${browser}, ${os}, ${ip})
          RETURNING expires_at AS "expiresAt"`,
    );
    this.audit.note({ event: 'ticket.opened', uuid, ip });
    return {
      uuid,
      secret,
      qrUrl: this.options.ticketUrl(uuid),
      qrImageUrl: `${publicUrl()}${this.pathOf(uuid)}/qr.svg`,
      status: 'pending',
      expiresAt: row!.expiresAt.toISOString(),
      expiresIn: ticketLife,
      holdFor: hold,
    };
  }

  /** The path of the ticket in the API. */
  pathOf(uuid: string): string {
    return `${this.paths.of('v1/tickets')}/${uuid}`;
  }
}
