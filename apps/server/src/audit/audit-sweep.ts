import { startSweeping } from '#libs/common';
import type { DataSource } from 'typeorm';

/** @param days that events are kept @returns what stops it */
export function sweepAuditEvents(db: DataSource, days: number) {
  return startSweeping(db, {
    name: 'audit events',
    lock: 7_310_013,
    every: 300,
    sql: `DELETE FROM audit_events WHERE id IN (
            SELECT id FROM audit_events WHERE at < now() - interval '${days} days' ORDER BY at LIMIT $1
          ) RETURNING id`,
  });
}
