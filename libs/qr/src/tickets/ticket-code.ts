import { type Sql, sql } from '@scan-login/nest/common';
import type { QrOptions } from '../qr.options.js';

type Rotation = Pick<QrOptions, 'codeRotates' | 'codeOverlap'>;

// The code of a rotating link is computed from the row and the time, and stored nowhere: no write, and the same at every
// instance. It is 48 bits of a hash of the (hashed) ticket secret, so the codes seen so far do not tell the next one.
// The time is the database's, counted from the opening of the ticket.

/** SQL: seconds since the ticket was opened. */
const AGE = sql`extract(epoch FROM now() - created_at)`;

/** SQL: the code of a ticket at that age. */
function codeAt(age: Sql, { codeRotates }: Rotation): Sql {
  const period = sql`floor((${age}) / ${codeRotates})::int`;
  const bits = sql`substring(sha256(secret_hash || int4send(${period})) FROM 1 FOR 6)`;
  return sql`translate(encode(${bits}, 'base64'), '+/', '-_')`;
}

/** SQL: the code that the screen shows now; null if the link does not rotate. */
export function presentCode(rotation: Rotation): Sql {
  return sql`CASE WHEN rotates THEN ${codeAt(AGE, rotation)} END`;
}

/** SQL: whole seconds until the next code. */
export function codeChangesIn({ codeRotates }: Rotation): Sql {
  return sql`ceil(${codeRotates} - mod(${AGE}::numeric, ${codeRotates}))::int`;
}

/** SQL: it is the present code, or the one before, which a phone may have seen a moment ago; or the link does not rotate. */
export function isCodeOf(code: string | undefined, rotation: Rotation): Sql {
  const overlap = Math.min(rotation.codeOverlap, rotation.codeRotates);
  const before = codeAt(sql`${AGE} - ${overlap}`, rotation);
  return sql`(NOT rotates OR ${code}::text IN (${codeAt(AGE, rotation)}, ${before}))`;
}
