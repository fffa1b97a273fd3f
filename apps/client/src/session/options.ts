import type { Platform } from '../platform.js';
import type { GivenKey } from '../proof-key.js';
import type { SignIn } from '../wire.js';

/** `localStorage`, `sessionStorage` and React Native's AsyncStorage are such. */
export interface SessionStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** Runs one piece of work of a name at a time, among all programs that share the storage. */
export type Lock = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

export interface SessionOptions extends Partial<Platform> {
  /** Address of the server, without a slash at its end; empty for the origin of the page. */
  server: string;
  /** Address of the server as it knows itself (its `PUBLIC_URL`), where that is another: proofs of a key name it. */
  publicUrl?: string;
  /** How this device names itself when it signs in with a password. Its `id` is made and kept, unless one is given. */
  device?: { id?: string; type?: SignIn['device']['type']; name?: string };
  /** Keeps the tokens. In memory by default. Whatever can read it can use the session, unless that is bound to a key. */
  storage?: SessionStorage;
  /** Under which the storage has it. Default: `scan-login`. */
  name?: string;
  /** By default `navigator.locks`, where the browser has them. */
  lock?: Lock;
  /** Binds a session that begins here to a key, and signs the calls of one that is bound. */
  key?: GivenKey;
  /** For pages of the server's own origin: the refresh token is in a cookie, and the access token in memory alone. */
  refreshCookie?: boolean;
  /**
   * The session is over. Called once.
   * @param reason that the server gives, such as `revoked`; otherwise the code of the error
   */
  onEnd?: (reason: string) => void;
}
