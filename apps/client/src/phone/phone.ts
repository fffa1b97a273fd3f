import { ScanLoginError } from '../error.js';
import type { Session } from '../session/session.js';
import type { ScanResult } from '../wire.js';
import { ticketIn } from './link.js';
import { ScannedTicket } from './ticket.js';

/** What a session on a phone can do with tickets. */
export interface Phone {
  /**
   * Scans a ticket. If the same phone scans again, the earlier result becomes invalid.
   * @param link the text of the QR code, or the uuid in it
   * @throws ScanLoginError ticket_not_found | ticket_expired | ticket_already_scanned | device_not_allowed | …
   */
  scan(link: string, options?: { signal?: AbortSignal }): Promise<ScannedTicket>;
}

export function phone(session: Session): Phone {
  return {
    async scan(link, { signal } = {}) {
      const uuid = ticketIn(link);
      if (!uuid)
        throw new ScanLoginError({ code: 'ticket_not_found', status: 404, title: 'Not the link of a QR code' });
      const scan = await session.call<ScanResult>(`/v1/tickets/${uuid}/scan`, { method: 'POST', body: {}, signal });
      return new ScannedTicket(session, uuid, scan);
    },
  };
}
