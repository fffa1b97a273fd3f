import type { Queryable } from '@scan-login/nest/common';

/** Whose identity it is, as far as this lib needs to know. */
export interface Account {
  /** Stable, and never given to another person. `sub` of the tokens. */
  id: string;
  username?: string;
  displayName: string;
  avatarUrl: string | null;
  /**
   * Names the credential as it is now, and changes whenever that does: a counter, the time of the last change, or a hash
   * of the stored hash. Compared for equality alone, and never shown. A store whose credentials cannot change says the
   * same each time.
   */
  credentialVersion: string;
}

/**
 * The only door to accounts. They are usually another system's: implement this over your own user table or service, and
 * give it to `DeviceAuthModule` as `accounts`. For those who have none there is `@scan-login/nest/password-accounts`.
 *
 * A sign-in verifies a credential first and starts its session later. So that one which was under way with the old
 * password does not survive a change of the password, your change does two things, in this order: it commits the new
 * credential with a new `credentialVersion`, and then calls `SessionService.endAll`. The same for an account that is
 * deleted or locked: `find` stops returning it, and then its sessions are ended.
 */
export abstract class AccountStore {
  /**
   * The account as it is now, never from a cache: a session is about to start on the strength of it.
   * @param db the transaction in which the session starts. A store whose accounts are in the same database may read
   *   through it, which saves a connection; otherwise the pool needs two at least, since this transaction holds one.
   * @returns nothing when the account is gone or may not sign in any more
   */
  abstract find(id: string, db?: Queryable): Promise<Account | undefined>;
  /**
   * Checks a sign-in.
   * @returns the account with the `credentialVersion` that was verified, and not one that was read afterwards; nothing
   *   for an unknown user and for a wrong password alike, after the same time. Nest's UnauthorizedException says the same
   */
  abstract verify(username: string, password: string): Promise<Account | undefined>;
  /**
   * Runs what will call `verify`, or refuses it while there is too much to verify already. Called before the database is
   * asked for anything. A store without it refuses nothing.
   * @throws Problem busy
   */
  admit?<Result>(task: () => Promise<Result>): Promise<Result>;
}
