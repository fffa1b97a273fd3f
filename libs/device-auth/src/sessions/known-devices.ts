import { type Queryable, rows, sql } from '@scan-login/nest/common';
import { KNOWN_DEVICES } from './known-device.entity.js';

/** How long after its last right password a device is known. */
export const FORGET_DEVICE = sql`interval '90 days'`;

export async function isKnown(db: Queryable, key: Buffer): Promise<boolean> {
  const found = await rows(
    db,
    sql`SELECT FROM ${KNOWN_DEVICES} WHERE key = ${key} AND known_at > now() - ${FORGET_DEVICE}`,
  );
  return found.length > 0;
}

export async function remember(db: Queryable, key: Buffer): Promise<void> {
  await rows(
    db,
    sql`INSERT INTO ${KNOWN_DEVICES} (key) VALUES (${key}) ON CONFLICT (key) DO UPDATE SET known_at = now()`,
  );
}
