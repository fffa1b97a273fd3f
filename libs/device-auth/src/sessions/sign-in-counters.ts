import { createHash } from 'node:crypto';
import { type Queryable, rows, sql } from '@scan-login/nest/common';
import { keyOf } from '../accounts/username-key.js';
import type { CountedNetwork } from '../devices/network.js';
import { SIGN_IN_FAILURES } from './sign-in-failure.entity.js';

/** In this time the allowed number of failures is forgotten, one at a time. */
const FORGET_ALLOWED_S = 900;
/** The wait doubles with each failure beyond the allowed ones, from a second up to this. */
export const LONGEST_WAIT_S = 900;
/** A run of failures is forgotten this long after the last one. */
export const FORGET_RUN = sql`interval '30 days'`;

/** One of the rows of `sign_in_failures` that count a try. */
export interface Counter {
  key: Buffer;
  /** Failures before each further one doubles the wait; null for no limit. */
  allowed: number | null;
  /** Failures in a row after which no try is admitted; null for no limit. */
  inARow: number | null;
}

/** A try that was counted in advance. It is given back unless it fails. */
export interface Reserved extends Counter {
  blockedUntil: string | null;
}

/** What failures are counted by. The kind is part of the key, so that values of different kinds never collide. */
export const keys = {
  signIn: (username: string) => keyFor('sign-in', keyOf(username)),
  device: (username: string, deviceId: string) => keyFor('device', keyOf(username), deviceId),
  passwordChange: (username: string) => keyFor('password-change', keyOf(username)),
  session: (sessionId: string) => keyFor('session', sessionId),
  network: ({ name }: CountedNetwork) => keyFor('address', name),
};

/**
 * Counts a try as a failure in advance, in one statement, so that tries at the same moment cannot exceed what is
 * allowed.
 * @returns nothing when the counter refuses the try
 */
export async function reserve(db: Queryable, counter: Counter): Promise<Reserved | undefined> {
  const { key, allowed, inARow } = counter;
  const forgetOneIn = FORGET_ALLOWED_S / (allowed ?? 1);
  const [reserved] = await rows<{ blockedUntil: string | null }>(
    db,
    // whole failures are forgotten, and the rest of the time counts towards the next one
    sql`
      INSERT INTO ${SIGN_IN_FAILURES} AS row (key, failures, in_a_row, blocked_until)
      VALUES (${key}, 1, ${inARow === null ? 0 : 1}, CASE WHEN ${allowed}::int <= 1 THEN now() + interval '1 second' END)
      ON CONFLICT (key) DO UPDATE SET (failures, at, in_a_row, blocked_until) = (
        SELECT
          remaining + 1,
          CASE WHEN remaining = 0 THEN now() ELSE row.at + make_interval(secs => forgotten * ${forgetOneIn}) END,
          CASE
            WHEN ${inARow}::int IS NULL THEN 0
            WHEN row.at > now() - ${FORGET_RUN} THEN row.in_a_row + 1
            ELSE 1
          END,
          CASE WHEN remaining + 1 >= ${allowed}::int
            THEN now() + make_interval(
              secs => LEAST(power(2, LEAST(remaining + 1 - ${allowed}::int, 20)), ${LONGEST_WAIT_S}))
          END
        FROM
          (SELECT trunc(extract(epoch FROM now() - row.at) / ${forgetOneIn}::float8)::float8 AS forgotten) AS elapsed,
          LATERAL (SELECT GREATEST(0, row.failures - forgotten)::int AS remaining) AS count
      )
      WHERE (row.blocked_until IS NULL OR row.blocked_until <= now())
        AND (${inARow}::int IS NULL OR row.in_a_row < ${inARow}::int OR row.at <= now() - ${FORGET_RUN})
      RETURNING blocked_until::text AS "blockedUntil"`,
  );
  return reserved && { ...counter, ...reserved };
}

/** Undoes `reserve`, and the wait that it has set, unless a later try has set another. */
export async function giveBack(db: Queryable, { key, allowed, blockedUntil }: Reserved): Promise<void> {
  await rows(
    db,
    sql`
      UPDATE ${SIGN_IN_FAILURES} SET
        failures = GREATEST(0, failures - 1),
        in_a_row = GREATEST(0, in_a_row - 1),
        blocked_until = CASE
          WHEN failures > ${allowed}::int AND blocked_until IS DISTINCT FROM ${blockedUntil}::timestamptz THEN blocked_until
        END
      WHERE key = ${key}`,
  );
}

/** The right password ends the run of failures. Failures that are not forgotten yet still count. */
export async function endRun(db: Queryable, key: Buffer): Promise<void> {
  await rows(db, sql`UPDATE ${SIGN_IN_FAILURES} SET in_a_row = 0 WHERE key = ${key} AND in_a_row > 0`);
}

/** @returns whole seconds until none of the counters refuses a try; 0 when none does */
export async function waitOf(db: Queryable, counters: Counter[]): Promise<number> {
  const [found] = await rows<{ wait: number | null }>(
    db,
    sql`
      SELECT max(ceil(extract(epoch FROM GREATEST(
        row.blocked_until, CASE WHEN row.in_a_row >= counter.most THEN row.at + ${FORGET_RUN} END
      ) - now())))::int AS wait
      FROM ${SIGN_IN_FAILURES} AS row
      JOIN unnest(${counters.map(({ key }) => key)}::bytea[], ${counters.map(({ inARow }) => inARow)}::int[])
        AS counter (key, most) USING (key)`,
  );
  return Math.max(0, found?.wait ?? 0);
}

function keyFor(kind: string, ...values: string[]): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([kind, ...values]))
    .digest();
}
