import { type Queryable, rows } from '@scan-login/nest/common';

/** For so long after its last right password a device is known. */
export const FORGET_DEVICE = '90 days';

export async function isKnown(db: Queryable, key: Buffer): Promise<boolean> {
  const found = await rows(
    db,
    `SELECT FROM known_devices WHERE key = $1 AND known_at > now() - interval '${FORGET_DEVICE}'`,
    [key],
  );
  return found.length > 0;
}

export async function remember(db: Queryable, key: Buffer): Promise<void> {
  await rows(db, 'INSERT INTO known_devices (key) VALUES ($1) ON CONFLICT (key) DO UPDATE SET known_at = now()', [key]);
}
