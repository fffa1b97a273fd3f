import { raw, sql, type Sql } from '@scan-login/nest/common';

/** Separates these locks from other locks on an account id. */
const SEED = raw('7310003');

/**
 * SQL: holds an account until the end of the transaction. A session starts under the shared lock, and sessions are
 * ended under the exclusive one. So of a redeem and a password change at the same moment, the second sees what the
 * first did. Take it before any row lock. Unlike a row lock, it needs no write.
 * @param accountId the account, or the SQL for it; null locks nothing
 */
export function heldAccount(accountId: string | Sql): Sql {
  return sql`pg_advisory_xact_lock_shared(hashtextextended(${accountId}, ${SEED}))`;
}

/** SQL: the same lock, exclusive. */
export function lockedAccount(accountId: string): Sql {
  return sql`pg_advisory_xact_lock(hashtextextended(${accountId}, ${SEED}))`;
}
