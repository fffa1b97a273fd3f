import { hashOf } from '@scan-login/nest/common';
import type { Signal } from '@scan-login/nest/signal';

/** The id of an account on the signal: its SHA-256, because ids of accounts can be any text. */
export function ringIdOf(accountId: string): string {
  return hashOf(accountId).toString('base64url');
}

/** Tells every instance that something about the account has changed. Call it after the commit. */
export function ringAccount(signal: Signal, accountId: string): void {
  signal.send('account', ringIdOf(accountId));
}
