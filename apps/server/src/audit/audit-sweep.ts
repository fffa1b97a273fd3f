import { sql, type Sql, type Sweep } from '@scan-login/nest/common';
import { AUDIT_ROWS } from './audit-event.entity.js';

/** How many days events are kept: all of them, and those of opened tickets. */
interface Days {
  all: number;
  opened: number;
}

export function auditSweeps({ all, opened }: Days): Sweep[] {
  const sweep = { table: AUDIT_ROWS, key: sql`id`, order: sql`at`, every: 300 };
  return [
    { ...sweep, past: isOlderThan(all) },
    { ...sweep, past: sql`event = 'ticket.opened' AND ${isOlderThan(opened)}` },
  ];
}

function isOlderThan(days: number): Sql {
  return sql`at < now() - make_interval(days => ${days})`;
}
