import { RoutePaths } from '@scan-login/nest/common';
import { Inject, Injectable } from '@nestjs/common';
import { QR_OPTIONS, type QrOptions } from '../qr.options.js';
import { KEY_IN_LINK } from './link-parts.js';
import type { Ticket } from './ticket.entity.js';

/** What the addresses of a ticket depend on; the code only if its link rotates. */
type Linked = Pick<Ticket, 'uuid' | 'keyThumbprint'> & { code?: string | null };

/** The addresses of a ticket. All of them are made here. */
@Injectable()
export class TicketLinks {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    private readonly paths: RoutePaths,
  ) {}

  /** What the QR code says. */
  linkOf({ uuid, keyThumbprint, code }: Linked): string {
    const key = keyThumbprint?.slice(0, KEY_IN_LINK);
    return this.options.ticketUrl(uuid, { ...(key && { key }), ...(code && { code }) });
  }

  /** The picture of that code. */
  pictureOf({ uuid, code }: Pick<Linked, 'uuid' | 'code'>): string {
    return `${this.options.publicUrl()}${this.pathOf(uuid)}/qr.svg${code ? `?code=${code}` : ''}`;
  }

  /** The path of the ticket in the API. */
  pathOf(uuid: string): string {
    return `${this.paths.of('v1/tickets')}/${uuid}`;
  }
}
