import type { Platform } from '../platform.js';
import type { GivenKey } from '../proof-key.js';
import type { OpenTicket } from '../wire.js';
import type { Account } from './states.js';

export interface ScreenLoginOptions extends Partial<Platform> {
  /** Address of the server, without a slash at its end; empty for the origin of the page. */
  server: string;
  /** What is to be signed in. Without an `id`, it gets a new one: `deviceId` of the last state says which. */
  device: Omit<OpenTicket['device'], 'id'> & { id?: string };
  /** Ends the login, and cancels its ticket. The iterator then throws the reason of the signal. */
  signal?: AbortSignal;
  /** Long polls by default. `events` needs a `fetch` that streams; without one, it is long polls after all. */
  transport?: 'poll' | 'events';
  /** How many codes replace an expired one. Once the page was hidden and is seen again, they count anew. Default: 5. */
  renewals?: number;
  /** Loads the QR code as SVG text into the state `waiting`. */
  svg?: boolean;
  /** Binds the session to a key. What loads it is tried again if it throws a passing `ScanLoginError`. */
  key?: GivenKey;
  /** For pages of the server's own origin: the refresh token goes into a cookie that no script reads. */
  refreshCookie?: boolean;
  /**
   * Asks the person at the screen "Continue as …?" before the account is signed in: at least where `knownHere` is not
   * true, because a stranger who photographs the code can confirm it with an account of their own. `false` cancels the
   * ticket. The signal says that the question is moot: the ticket is over. Without it, any account is signed in.
   */
  confirmAccount?: (account: Account, signal: AbortSignal) => boolean | Promise<boolean>;
}
