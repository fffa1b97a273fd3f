import { callJson } from '../http/call.js';
import type { TicketStatus } from '../wire.js';
import type { Ticket } from './ticket.js';

/** How a screen hears of its ticket. */
export interface Transport {
  /**
   * Where the ticket stands, as soon as that is another status than `known`, or once the time is over.
   * @param heldMs at 0 the response comes at once
   */
  ask(known: TicketStatus['status'], heldMs: number, signal: AbortSignal): Promise<TicketStatus>;
  /** It is not asked any more. */
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
