import type { Waiting } from './states.js';
import { timed } from './states.js';
import type { Ticket } from './ticket.js';

/**
 * The state of a ticket that waits for a phone, with its present code.
 * @throws ScanLoginError
 */
export async function waiting(ticket: Ticket, withSvg?: boolean, signal?: AbortSignal): Promise<Waiting> {
  if (ticket.platform.clock.now() >= ticket.changesAt) await ticket.rotate(signal);
  if (withSvg) ticket.svg ??= await ticket.picture(signal);
  const { uuid, qrUrl, qrImageUrl } = ticket.opened;
  return { at: 'waiting', uuid, qrUrl, qrImageUrl, svg: ticket.svg, ...timed(ticket) };
}
