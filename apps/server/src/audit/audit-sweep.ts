import { startSweeping } from '@scan-login/nest/common';
import { Subscription } from 'rxjs';
import type { DataSource } from 'typeorm';
import type { AuditDays } from './audit-writer.js';

/** @returns what stops it */
export function sweepAuditEvents(db: DataSource, { all, opened }: AuditDays): Subscription {
  const sweep = { table: 'audit_events', key: 'id', order: 'at', every: 300 };
  const sweeping = startSweeping(db, { ...sweep, past: past(all) });
  sweeping.add(startSweeping(db, { ...sweep, past: `event = 'ticket.opened' AND ${past(opened)}` }));
  return sweeping;
}

function past(days: number): string {
  return `at < now() - interval '${days} days'`;
}
