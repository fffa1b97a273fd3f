import { type AuditEvent, auditKeyOf } from '@scan-login/nest/common';
import { LRUCache } from 'lru-cache';

/** Events that differ in nothing but their time are one row, and counted there, for so long after the first. */
const WINDOW_MS = 3_600_000;
/** Rows of one kind and account in that time. What comes on top is counted in one more, which does not tell them apart. */
const ROWS = 60;
/** The same of one kind without an account, of which each can name another ticket or address. */
const ROWS_OF_STRANGERS = 600;
/** Rows, and kinds of accounts, that are remembered. */
const MOST = 20_000;

/** A row of audit_events, to be written or written already. */
export interface AuditEntry extends AuditEvent {
  at: Date;
  lastAt: Date;
  /** Once it is written. */
  id?: string;
  /** Events that the row does not count yet. */
  unwritten: number;
}

/**
 * Finds the row that an event belongs to. A flood of events makes few rows: each instance writes at most 61 an hour of
 * one kind and account, and 601 of one kind without an account.
 */
export class AuditEntries {
  private readonly entries = new LRUCache<string, AuditEntry>({ max: MOST, ttl: WINDOW_MS });
  private readonly rows = new LRUCache<string, { count: number }>({ max: MOST, ttl: WINDOW_MS });

  count(event: AuditEvent, at: Date): AuditEntry {
    // there is one for each ticket, so none that could be the same
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
