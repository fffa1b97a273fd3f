import { raw, sql, type Sql } from '@scan-login/nest/common';

/** Tells these locks from others that are taken under an account's id. */
const SEED = raw('7310003');

/**
 * SQL: holds an account until the end of the transaction. A session starts under the shared lock, and whatever ends
 * sessions takes the exclusive one: of a redeem and a change of the password at the same moment, one sees what the other
 * has done. It comes before the lock of any row, and needs no write as a row's would.
 * @param accountId whose, or the SQL for it; null locks nothing
 */
export function heldAccount(accountId: string | Sql): Sql {
  return sql`pg_advisory_xact_lock_shared(hashtextextended(${accountId}, ${SEED}))`;
}

/** SQL: the same lock, exclusive. */
export function lockedAccount(accountId: string): Sql {
  return sql`pg_advisory_xact_lock(hashtextextended(${accountId}, ${SEED}))`;
}
