import { randomUUID } from 'node:crypto';
import { AuditLog, hashOf, newSecret, rows, sql } from '@scan-login/nest/common';
import type { Caller } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { QR_OPTIONS, type QrOptions } from '../../qr.options.js';
import { type Ticket, TICKETS } from '../ticket.entity.js';
import { presentCode } from '../ticket-code.js';
import { TicketLinks } from '../ticket-links.js';
import type { OpenedTicket, OpenTicket } from '../ticket.schemas.js';

@Injectable()
export class TicketOpening {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly audit: AuditLog,
    private readonly links: TicketLinks,
  ) {}

  /**
   * Opens a ticket for a screen. Only this response contains the secret. A key is named by its thumbprint, and not proved
   * yet: who names the key of another screen cannot redeem the ticket.
   * @see RFC 9449 §10
   */
  async open(
    { device, keyThumbprint, rotates = false }: OpenTicket,
    { ip, browser, os }: Caller,
  ): Promise<OpenedTicket> {
    const { ticketLife, decideUntil, hold, codeRotates } = this.options;
    const uuid = randomUUID();
    const secret = newSecret();
    const [opened] = await rows<Pick<Ticket, 'uuid' | 'keyThumbprint' | 'expiresAt'> & { code: string | null }>(
      this.db,
      sql`INSERT INTO ${TICKETS} (uuid, secret_hash, expires_at, decide_until,
                                  device_id, device_type, device_name, browser, os, ip, key_thumbprint, rotates)
          VALUES (${uuid}, ${hashOf(secret)},
                  now() + make_interval(secs => ${ticketLife}), now() + make_interval(secs => ${decideUntil}),
                  ${device.id}, ${device.type}, ${device.name}, ${browser}, ${os}, ${ip}, ${keyThumbprint}, ${rotates})
          RETURNING uuid, key_thumbprint AS "keyThumbprint", expires_at AS "expiresAt",
            ${presentCode(this.options)} AS code`,
    );
    this.audit.note({ event: 'ticket.opened', uuid, ip });
    return {
      uuid,
      secret,
      qrUrl: this.links.linkOf(opened!),
      qrImageUrl: this.links.pictureOf(opened!),
      ...(rotates && { rotatesIn: codeRotates }),
      status: 'pending',
      expiresAt: opened!.expiresAt.toISOString(),
      expiresIn: ticketLife,
      holdFor: hold,
    };
  }
}
