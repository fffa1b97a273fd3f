/** Whose identity it is, as far as this lib needs to know. */
export interface Account {
  /** Stable, and never given to somebody else. `sub` of the tokens. */
  id: string;
  username?: string;
  displayName: string;
  avatarUrl: string | null;
}

/**
 * The only door to accounts. They are somebody else's, usually: implement this over your own user table or service,
 * and give it to `DeviceAuthModule` as `accounts`. Without it, `PasswordAccounts` keeps a table of its own.
 */
export interface AccountStore {
  /** @returns nothing when the account is gone or may not sign in any more */
  find(id: string): Promise<Account | undefined>;
  /**
   * Checks a sign-in.
   * @returns nothing for an unknown user and for a wrong password alike, after the same time
   */
  verify(username: string, password: string): Promise<Account | undefined>;
}
export const AccountStore = Symbol('AccountStore');
