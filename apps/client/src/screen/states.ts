import type { ScanLoginError } from '../error.js';
import type { ProofKey } from '../proof-key.js';
import type { TicketStatus, Tokens } from '../wire.js';
import type { Ticket } from './ticket.js';

/** The account that has scanned: what the screen may know before it is signed in. */
export type Account = NonNullable<TicketStatus['account']>;

interface Timed {
  /** When it expires, in milliseconds of the clock's `now()`. */
  readonly until: number;
  /** Whole seconds from now until then; never less than 0. */
  readonly secondsLeft: () => number;
}

/** Show `qrUrl` as a QR code. */
export interface Waiting extends Timed {
  readonly at: 'waiting';
  readonly uuid: string;
  readonly qrUrl: string;
  readonly qrImageUrl: string;
  /** The code as an SVG picture, with the option `svg`. It comes from the server: do not use it as HTML unchecked. */
  readonly svg?: string;
}

/** A phone has scanned; its user decides. */
export interface Scanned extends Timed {
  readonly at: 'scanned';
  readonly account?: Account;
  /** Two digits to show: the user types them on the phone. */
  readonly number?: string;
}

/** The user has confirmed. The tokens come next, after `confirmAccount`, if given, has returned `true`. */
export interface Confirmed extends Timed {
  readonly at: 'confirmed';
  readonly account?: Account;
}

/** The last state of a login. */
export interface SignedIn {
  readonly at: 'signed-in';
  readonly tokens: Tokens;
  /** To be sent as `X-Device-Id` with each call. */
  readonly deviceId: string;
  /** The key that the tokens are bound to, if any. */
  readonly key?: ProofKey;
}

/** The ticket is over. If a new one follows, the next state is `waiting` again; otherwise this is the last state. */
export interface Over {
  readonly at: 'over';
  /** `rejected`: by the person at the screen, in `confirmAccount`. */
  readonly why: 'denied' | 'rejected' | 'cancelled' | 'expired';
  /** Why it was denied: what the user said on the phone, or `wrong_number` after three of them. */
  readonly reason?: TicketStatus['reason'];
  readonly renewing: boolean;
}

/** The server cannot be reached, or asks to wait. After a successful retry comes `before` again, or a new state. */
export interface Offline {
  readonly at: 'offline';
  readonly error: ScanLoginError;
  /** The state that is interrupted; nothing if there is no code yet. */
  readonly before?: ScreenState;
}

export type ScreenState = Waiting | Scanned | Confirmed | SignedIn | Over | Offline;

/** How a ticket ended, unless the screen is signed in. */
export type End = Pick<Over, 'why' | 'reason'>;

/** Yields states while it runs. */
export type Steps<Result> = AsyncGenerator<ScreenState, Result, void>;

export function scanned(ticket: Ticket, { account, number }: TicketStatus): Scanned {
  const shown = number === undefined ? undefined : String(number).padStart(2, '0');
  return { at: 'scanned', account, number: shown, ...timed(ticket) };
}

export function timed({ until, platform: { clock } }: Ticket): Timed {
  return { until, secondsLeft: () => Math.max(0, Math.ceil((until - clock.now()) / 1000)) };
}
