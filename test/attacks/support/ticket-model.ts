/** A ticket as the docs describe it: written by hand, from the state table of the design and not from the code. */
export interface TicketState {
  status: 'pending' | 'scanned' | 'confirmed' | 'denied' | 'cancelled' | 'redeemed' | 'expired';
  /** Number of the phone's session that scanned. */
  phone?: number;
  /** Sessions of phones that have ended. */
  ended?: number[];
  /** The scan token of its last scan. */
  scanToken?: string;
  /** The screen has used its tokens, or the time to repeat a redeem is over. */
  isSettled?: boolean;
}

export type Move =
  | { kind: 'scan'; phone: number; scanToken: string }
  | { kind: 'confirm' | 'deny'; phone: number; scanToken: string }
  /** The session of the phone ends. */
  | { kind: 'end'; phone: number }
  | { kind: 'cancel' | 'redeem' | 'use' | 'wait' };

/** `ok`, or the code of the problem, with the status where the problem tells it. */
export type Told = string;

const over = ({ status }: TicketState): Told =>
  status === 'expired' ? 'ticket_expired' : `ticket_wrong_status ${status}`;
const hasEnded = ({ ended }: TicketState, phone: number | undefined) => ended?.includes(phone!) ?? false;
/** After the phone's session has ended, a redeem cannot be repeated either. */
const isRepeatable = (ticket: TicketState) =>
  ticket.status === 'redeemed' && !ticket.isSettled && !hasEnded(ticket, ticket.phone);
const isOpen = ({ status }: TicketState) => ['pending', 'scanned', 'confirmed'].includes(status);

/** What a move does to a ticket, and what its caller is told. */
export function play(ticket: TicketState, move: Move): { ticket: TicketState; told: Told } {
  const stays = (told: Told) => ({ ticket, told });
  const becomes = (change: Partial<TicketState>) => ({ ticket: { ...ticket, ...change }, told: 'ok' });
  switch (move.kind) {
    case 'scan': {
      const { phone, scanToken } = move;
      if (hasEnded(ticket, phone)) return stays('session_ended');
      if (ticket.status === 'pending') return becomes({ status: 'scanned', phone, scanToken });
      const isBeingDecided = ticket.status === 'scanned' || ticket.status === 'confirmed';
      if (isBeingDecided && ticket.phone !== phone) return stays('ticket_already_scanned');
      return ticket.status === 'scanned' ? becomes({ scanToken }) : stays(over(ticket));
    }
    case 'confirm':
    case 'deny': {
      if (hasEnded(ticket, move.phone)) return stays('session_ended');
      if (ticket.phone === undefined) return stays(over(ticket));
      if (ticket.phone !== move.phone) return stays('ticket_not_yours');
      if (ticket.scanToken !== move.scanToken) return stays('scan_token_invalid');
      if (ticket.status === 'scanned') return becomes({ status: move.kind === 'confirm' ? 'confirmed' : 'denied' });
      const isSaidAgain = ticket.status === 'confirmed' || isRepeatable(ticket);
      return stays(move.kind === 'confirm' && isSaidAgain ? 'ok' : over(ticket));
    }
    case 'end': {
      const ended = [...(ticket.ended ?? []), move.phone];
      const isItsOwn = ticket.phone === move.phone && (ticket.status === 'scanned' || ticket.status === 'confirmed');
      return becomes(isItsOwn ? { ended, status: 'cancelled' } : { ended });
    }
    case 'cancel':
      if (isOpen(ticket)) return becomes({ status: 'cancelled' });
      return stays(ticket.status === 'cancelled' ? 'ok' : over(ticket));
    case 'redeem':
      if (ticket.status === 'confirmed') return becomes({ status: 'redeemed' });
      return stays(isRepeatable(ticket) ? 'ok' : over(ticket));
    case 'use':
      return ticket.status === 'redeemed' ? becomes({ isSettled: true }) : stays('ok');
    case 'wait':
    default:
      return becomes(isOpen(ticket) ? { status: 'expired' } : { isSettled: true });
  }
}

/** One move, and what its caller was told. */
export interface Seen {
  move: Move;
  told: Told;
}

/** What the caller of a refused move is told, by the state of the ticket when the reason is looked up. */
function reason(ticket: TicketState, move: Move): Told {
  if ('phone' in move && hasEnded(ticket, move.phone)) return 'session_ended';
  if (move.kind === 'scan') {
    const isBeingDecided = ticket.status === 'scanned' || ticket.status === 'confirmed';
    return isBeingDecided && ticket.phone !== move.phone ? 'ticket_already_scanned' : over(ticket);
  }
  if ((move.kind === 'confirm' || move.kind === 'deny') && ticket.phone !== undefined) {
    if (ticket.phone !== move.phone) return 'ticket_not_yours';
    if (ticket.scanToken !== move.scanToken) return 'scan_token_invalid';
  }
  return over(ticket);
}

/**
 * The states that the ticket may have after concurrent moves: every outcome of an order of them in which each caller is
 * told what it was told. Empty if no order explains the responses. The reason of a refusal is looked up after the move,
 * so other moves may come in between.
 */
export function outcomes(ticket: TicketState, seen: Seen[], refused: Seen[] = []): TicketState[] {
  if (seen.length === 0 && refused.length === 0) return [ticket];
  const moved = seen.flatMap((each, nth) => {
    const played = play(ticket, each.move);
    const others = seen.toSpliced(nth, 1);
    if ((played.told === 'ok') !== (each.told === 'ok')) return [];
    return outcomes(played.ticket, others, each.told === 'ok' ? refused : [...refused, each]);
  });
  const explained = refused.flatMap((each, nth) =>
    reason(ticket, each.move) === each.told ? outcomes(ticket, seen, refused.toSpliced(nth, 1)) : [],
  );
  return [...moved, ...explained];
}
