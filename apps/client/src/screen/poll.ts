import { callJson } from '../http/call.js';
import type { TicketStatus } from '../wire.js';
import type { Ticket } from './ticket.js';

/** How a screen learns the status of its ticket. */
export interface Transport {
  /**
   * The status of the ticket, once it is another than `known`, or at the end of the time.
   * @param heldMs that time; with 0 the response comes at once
   */
  ask(known: TicketStatus['status'], heldMs: number, signal: AbortSignal): Promise<TicketStatus>;
  /** Releases what it holds. It is not used afterwards. */
  close(): void;
}

/** Long polls: each call is held by the server. */
export class Poll implements Transport {
  constructor(private readonly ticket: Ticket) {}

  ask(known: string, heldMs: number, signal: AbortSignal): Promise<TicketStatus> {
    const { ticket } = this;
    return callJson<TicketStatus>(
      ticket.platform,
      ticket.at(`/status?known=${known}&wait=${heldMs / 1000}`),
      ticket.withSecret({ timeout: heldMs + 10_000, signal }),
      ({ status }) => typeof status === 'string',
    );
  }

  close(): void {
    // a call ends by itself
  }
}
