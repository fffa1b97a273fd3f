import type { Platform } from '../platform.js';
import type { GivenKey } from '../proof-key.js';
import type { SignIn } from '../wire.js';

/** `localStorage`, `sessionStorage` and React Native's AsyncStorage implement it. */
export interface SessionStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** Runs one piece of work at a time for each name, among all programs that share the storage. */
export type Lock = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

export interface SessionOptions extends Partial<Platform> {
  /** URL of the server, without a trailing slash; empty for the origin of the page. */
  server: string;
  /** The server's `PUBLIC_URL`, if that is another address: proofs of a key contain it. */
  publicUrl?: string;
  /**
   * How this device describes itself when it signs in with a password. Its `id` is made and kept, unless one is given.
   */
  device?: { id?: string; type?: SignIn['device']['type']; name?: string };
  /**
   * Keeps the tokens; by default in memory. Anything that can read it can use the session, unless that is bound to a
   * key.
   */
  storage?: SessionStorage;
  /** Prefix of the keys in the storage. Default: `scan-login`. */
  name?: string;
  /** By default `navigator.locks`, if the browser has them. */
  lock?: Lock;
  /** Binds a session that begins here to a key, and signs the calls of a bound session. */
  key?: GivenKey;
  /** For pages of the server's own origin: the refresh token is in a cookie, and the access token only in memory. */
  refreshCookie?: boolean;
  /**
   * Called once when the session is over.
   * @param reason the server's reason, such as `revoked`, or the code of the error
   */
  onEnd?: (reason: string) => void;
}
