import type { Platform } from '../platform.js';
import type { GivenKey } from '../proof-key.js';
import type { OpenTicket, Redeem } from '../wire.js';
import type { TabStorage } from './resume.js';
import type { Account } from './states.js';

export interface ScreenLoginOptions extends Partial<Platform> {
  /** URL of the server, without a trailing slash; empty for the origin of the page. */
  server: string;
  /** The device to sign in. Without an `id`, it gets a new one, which is `deviceId` of the last state. */
  device: Omit<OpenTicket['device'], 'id'> & { id?: string };
  /** Ends the login, and cancels its ticket. The iterator then throws the reason of the signal. */
  signal?: AbortSignal;
  /** Long polls by default. `events` needs a `fetch` that streams; without one, long polls are used. */
  transport?: 'poll' | 'events';
  /**
   * How often an expired code is replaced. The count starts again when the page was hidden and is visible. Default: 5.
   */
  renewals?: number;
  /** Loads the QR code as SVG text into the state `waiting`. */
  svg?: boolean;
  /**
   * The key of this screen. It is loaded before a ticket is opened, and named in the link; the ticket can only be
   * redeemed with it, and the session is bound to it. A function that loads it is retried if it throws a transient
   * `ScanLoginError`.
   */
  key?: GivenKey;
  /** `Bearer`: the session is not bound to the key, for pages whose own API takes bearer tokens. */
  tokenType?: Redeem['tokenType'];
  /**
   * Changes the code every 30 seconds (`CODE_ROTATES` of the server), so that a photographed code is soon worth nothing:
   * each new code is another state `waiting`. For screens that draw it each time; phones must send the code of the link.
   */
  rotates?: boolean;
  /**
   * Keeps the ticket while the page is reloaded: `sessionStorage`. Without it, a page that is left cancels its ticket.
   */
  resume?: TabStorage;
  /** For pages of the server's own origin: the refresh token goes into a cookie that no script can read. */
  refreshCookie?: boolean;
  /**
   * Asks the person at the screen "Continue as …?" before the account is signed in: at least if `knownHere` is not
   * true, because a stranger who photographs the code can confirm it with an account of their own. `false` cancels the
   * ticket. The signal aborts when the ticket is over, so that the question no longer matters. Without this option, any
   * account is signed in.
   */
  confirmAccount?: (account: Account, signal: AbortSignal) => boolean | Promise<boolean>;
}
