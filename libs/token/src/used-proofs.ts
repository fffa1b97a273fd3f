import { hashOf, type Queryable, rows, sql, type Sweep } from '@scan-login/nest/common';
import { USED_PROOFS } from './used-proof.entity.js';

/** Seconds: longer than any proof or challenge is accepted. */
const REMEMBERED_S = 300;

export const USED_PROOF_SWEEP: Sweep = { table: USED_PROOFS, key: sql`id`, past: sql`expires_at < now()`, every: 60 };

/** Uses up what is valid once. @returns false if it was used before */
export async function useUp(db: Queryable, name: string): Promise<boolean> {
  const fresh = await rows(
    db,
    sql`INSERT INTO ${USED_PROOFS} (id, expires_at)
        VALUES (${hashOf(name)}, now() + make_interval(secs => ${REMEMBERED_S}))
        ON CONFLICT DO NOTHING RETURNING id`,
  );
  return fresh.length > 0;
}
