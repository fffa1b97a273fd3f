import type { ScanLoginError } from '../error.js';
import type { ProofKey } from '../proof-key.js';
import type { TicketStatus, Tokens } from '../wire.js';
import type { Ticket } from './ticket.js';

/** Who has scanned, as the screen may know before it is signed in. */
export type Account = NonNullable<TicketStatus['account']>;

interface Timed {
  /** When it runs out, in milliseconds of the clock's `now()`. */
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
  /** The code as a picture, where the option `svg` asks for it. Text from the server: make no HTML of it unchecked. */
  readonly svg?: string;
}

/** A phone has scanned; its person decides. */
export interface Scanned extends Timed {
  readonly at: 'scanned';
  readonly account?: Account;
  /** Two digits to show: the person types them on the phone. */
  readonly number?: string;
}

/** The person has confirmed. What comes next are the tokens, once `confirmAccount` has said yes, where that is given. */
export interface Confirmed extends Timed {
  readonly at: 'confirmed';
  readonly account?: Account;
}

/** The last state of a login. */
export interface SignedIn {
  readonly at: 'signed-in';
  readonly tokens: Tokens;
  /** Goes into `X-Device-Id` of each call. */
  readonly deviceId: string;
  /** The key that the tokens are bound to, where they are. */
  readonly key?: ProofKey;
}

/** The ticket is over. If a new one follows, the next state is `waiting` again; otherwise this is the last state. */
export interface Over {
  readonly at: 'over';
  /** `rejected`: by the person at the screen, whom `confirmAccount` asked. */
  readonly why: 'denied' | 'rejected' | 'cancelled' | 'expired';
  readonly renewing: boolean;
}

/** The server cannot be reached, or asks to wait. It is tried again; then comes `before` again, or what is news. */
export interface Offline {
  readonly at: 'offline';
  readonly error: ScanLoginError;
  /** The state that is interrupted; nothing where there is no code yet. */
  readonly before?: ScreenState;
}

export type ScreenState = Waiting | Scanned | Confirmed | SignedIn | Over | Offline;

/** What shows states while it goes on. */
export type Steps<Result> = AsyncGenerator<ScreenState, Result, void>;

export function scanned(ticket: Ticket, { account, number }: TicketStatus): Scanned {
  const shown = number === undefined ? undefined : String(number).padStart(2, '0');
  return { at: 'scanned', account, number: shown, ...timed(ticket) };
}

export function timed({ until, platform: { clock } }: Ticket): Timed {
  return { until, secondsLeft: () => Math.max(0, Math.ceil((until - clock.now()) / 1000)) };
}
