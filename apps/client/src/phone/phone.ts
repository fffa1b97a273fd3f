import { ScanLoginError } from '../error.js';
import { inLink } from '../proof-key.js';
import type { Verify } from '../session/passkey.js';
import type { Session } from '../session/session.js';
import type { ScanResult } from '../wire.js';
import { ticketLink } from './link.js';
import { type TicketOutcome, outcomeOf } from './outcome.js';
import { ScannedTicket } from './ticket.js';

/** What a session on a phone can do with tickets. */
export interface Phone {
  /**
   * Scans a ticket. If the same phone scans again, the earlier result becomes invalid. If the ticket is bound to another
   * key than the one that its link names, it is denied.
   * @param link the text of the QR code; or the uuid in it, which is enough if the screen has no key and its code does
   *   not rotate
   * @throws ScanLoginError ticket_not_found | ticket_expired | code_outdated | screen_key_mismatch |
   *   ticket_already_scanned | device_not_allowed | …
   */
  scan(link: string, options?: { signal?: AbortSignal }): Promise<ScannedTicket>;
  /** The same as `outcome` of a scanned ticket, for a page that was loaded again. */
  outcome(uuid: string, options?: { signal?: AbortSignal }): Promise<TicketOutcome>;
}

export interface PhoneOptions {
  /** Asks the user for a passkey, where a confirm needs one. Without it, such a confirm is refused. */
  verify?: Verify;
}

export function phone(session: Session, { verify }: PhoneOptions = {}): Phone {
  return {
    async scan(link, { signal } = {}) {
      const { uuid, key = '', code } = ticketLink(link) ?? {};
      if (!uuid)
        throw new ScanLoginError({ code: 'ticket_not_found', status: 404, title: 'Not the link of a QR code' });
      const body = { code };
      const scan = await session.call<ScanResult>(`/v1/tickets/${uuid}/scan`, { method: 'POST', body, signal });
      const ticket = new ScannedTicket(session, uuid, scan, verify);
      if (inLink(scan.screen.key) === key) return ticket;
      // if it cannot be denied now, it expires
      await ticket.deny().catch(() => undefined);
      throw new ScanLoginError({
        code: 'screen_key_mismatch',
        status: 403,
        title: 'The link does not name the key of the screen that asks',
      });
    },
    outcome: (uuid, { signal } = {}) => outcomeOf(session, uuid, signal),
  };
}
