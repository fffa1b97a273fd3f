import { startSweeping } from '#libs/common';
import type { DataSource } from 'typeorm';

/** @param days that events are kept @returns what stops it */
export function sweepAuditEvents(db: DataSource, days: number) {
  return startSweeping(db, {
    table: 'audit_events',
    key: 'id',
    past: `at < now() - interval '${days} days'`,
    order: 'at',
    every: 300,
  });
}
