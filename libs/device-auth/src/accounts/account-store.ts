import type { Queryable } from '@scan-login/nest/common';

/** An account, as far as this lib needs to know it. */
export interface Account {
  /** Stable, and never given to another person. `sub` of the tokens. */
  id: string;
  username?: string;
  displayName: string;
  avatarUrl: string | null;
  /**
   * Identifies the present credential, and changes whenever that does: a counter, the time of the last change, or a
   * hash of the stored hash. It is only compared for equality, and never shown. If credentials cannot change, it is a
   * constant.
   */
  credentialVersion: string;
}

/**
 * The only access to accounts. They usually belong to another system: implement this over your user table or service,
 * and give it to `DeviceAuthModule` as `accounts`. If you have no accounts, use `@scan-login/nest/password-accounts`.
 *
 * A sign-in verifies a credential first and starts its session later. A sign-in with the old password must not survive
 * a change of the password, so your change does two things, in this order: it commits the new credential with a new
 * `credentialVersion`, and then calls `SessionService.endAll`. The same applies when an account is deleted or locked:
 * `find` stops returning it, and then its sessions are ended.
 */
export abstract class AccountStore {
  /**
   * The account as it is now, never from a cache: a session may start because of it.
   * @param db the transaction in which the session starts. A store in the same database may read through it, which saves
   *   a connection; otherwise the pool needs at least two, since this transaction holds one.
   * @returns nothing when the account no longer exists or may not sign in
   */
  abstract find(id: string, db?: Queryable): Promise<Account | undefined>;
  /**
   * Checks a sign-in.
   * @returns the account with the `credentialVersion` that was verified, not one that was read afterwards; nothing for
   *   an unknown user or a wrong password, both after the same time. An UnauthorizedException of Nest means the same
   */
  abstract verify(username: string, password: string): Promise<Account | undefined>;
  /**
   * Runs a task that will call `verify`, or refuses it while too many are running. It is called before any query. A
   * store without it refuses nothing.
   * @throws Problem busy
   */
  admit?<Result>(task: () => Promise<Result>): Promise<Result>;
}
