import { type AuditEvent, auditKeyOf } from '@scan-login/nest/common';
import { LRUCache } from 'lru-cache';

/** For this long after the first, events that differ only in their time are counted in one row. */
const WINDOW_MS = 3_600_000;
/** Maximum rows of one kind and account in that time. Further events are counted together in one more row. */
const ROWS = 60;
/** The same for one kind without an account, where each event can name another ticket or address. */
const ROWS_OF_STRANGERS = 600;
/** Maximum entries in each of the two caches. */
const MOST = 20_000;

/** A row of audit_events, written or still to be written. */
export interface AuditEntry extends AuditEvent {
  at: Date;
  lastAt: Date;
  /** Set once the row is written. */
  id?: string;
  /** Events that the row in the database does not count yet. */
  unwritten: number;
}

/**
 * Finds the row that an event belongs to. A flood of events makes few rows: each instance writes at most 61 rows an
 * hour for one kind and account, and 601 for one kind without an account.
 */
export class AuditEntries {
  private readonly entries = new LRUCache<string, AuditEntry>({ max: MOST, ttl: WINDOW_MS });
  private readonly rows = new LRUCache<string, { count: number }>({ max: MOST, ttl: WINDOW_MS });

  count(event: AuditEvent, at: Date): AuditEntry {
    // one for each ticket, so no two of them are alike
    if (event.event === 'ticket.opened') return { ...event, at, lastAt: at, unwritten: 1 };
    const known = this.entries.get(auditKeyOf(event));
    if (known) return counted(known, at);
    const kind = { event: event.event, accountId: event.accountId };
    return this.takesRow(kind) ? this.add(event, at) : this.countRest(kind, at);
  }

  private takesRow(kind: AuditEvent): boolean {
    const most = kind.accountId === undefined ? ROWS_OF_STRANGERS : ROWS;
    const key = auditKeyOf(kind);
    const taken = this.rows.get(key);
    if (!taken) this.rows.set(key, { count: 1 });
    else if (taken.count >= most) return false;
    else taken.count += 1;
    return true;
  }

  private countRest(kind: AuditEvent, at: Date): AuditEntry {
    const known = this.entries.get(auditKeyOf(kind));
    return known ? counted(known, at) : this.add(kind, at);
  }

  private add(event: AuditEvent, at: Date): AuditEntry {
    const entry = { ...event, at, lastAt: at, unwritten: 1 };
    this.entries.set(auditKeyOf(event), entry);
    return entry;
  }
}

function counted(entry: AuditEntry, at: Date): AuditEntry {
  entry.unwritten += 1;
  entry.lastAt = at;
  return entry;
}
