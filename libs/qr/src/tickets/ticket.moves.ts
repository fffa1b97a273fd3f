import { literals, sql, type Sql } from '@scan-login/nest/common';

/** The moves of a ticket. The types of its statuses come from this one table. */
export const MOVES = {
  scan: { from: ['pending', 'scanned'], to: 'scanned' },
  confirm: { from: ['scanned'], to: 'confirmed' },
  deny: { from: ['scanned'], to: 'denied' },
  giveUp: { from: ['scanned'], to: 'denied' },
  cancel: { from: ['pending', 'scanned', 'confirmed'], to: 'cancelled' },
  /** The session that scanned it has ended, or has changed the password of its account. */
  orphan: { from: ['scanned', 'confirmed'], to: 'cancelled' },
  redeem: { from: ['confirmed'], to: 'redeemed' },
} as const;

/** A status that a row can have. */
export type StoredStatus = 'pending' | (typeof MOVES)[keyof typeof MOVES]['to'];
/** A status that a ticket can have: `expired` follows from the clock, and is stored nowhere. */
export type TicketStatus = StoredStatus | 'expired';

/** Statuses from which there is a move. Only these expire; the others are final. */
export const OPEN_STATUSES: ReadonlySet<TicketStatus> = new Set(Object.values(MOVES).flatMap((move) => move.from));

export const TICKET_STATUSES = [
  ...new Set<TicketStatus>(['pending', ...Object.values(MOVES).map((move) => move.to), 'expired']),
] as [TicketStatus, ...TicketStatus[]];

/** Why a ticket is denied: what the user said, or three wrong numbers. */
export const DENY_REASONS = ['declined', 'not_me', 'wrong_number'] as const;
export type DenyReason = (typeof DENY_REASONS)[number];

/** SQL: the row has one of these statuses, and has not expired. */
export function isAt(statuses: Iterable<TicketStatus>): Sql {
  return sql`status IN (${literals(statuses)}) AND expires_at > now()`;
}

/** SQL: the status of a row as of now. */
export const STATUS_NOW = sql`
  CASE WHEN status IN (${literals(OPEN_STATUSES)}) AND expires_at <= now() THEN 'expired' ELSE status END`;
