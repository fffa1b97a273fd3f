import { type AuditEvent, AuditLog, Clock } from '@scan-login/nest/common';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditEntries, type AuditEntry } from './audit-entries.js';
import { countInEntries, insertEntries } from './audit-rows.js';

/** Events of this many milliseconds are written together, outside of the calls that caused them. */
const GATHER_MS = 100;
const RETRY_MS = 1_000;
const BATCH = 500;
/** Maximum rows kept in memory while the database is unavailable. The log has all events in any case. */
const MOST = 20_000;

/** How many days events are kept. */
export interface AuditDays {
  all: number;
  /** For events of opened tickets, which are many and have no account. 0: they are not kept. */
  opened: number;
}
export const AuditDays = Symbol('AuditDays');

/**
 * Writes audit events to the database. They are written a moment later, so that a login does not wait for them. When
 * the process is killed, the events of the last 100 ms are lost from the database, but not from the log.
 */
@Injectable()
export class AuditWriter implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('AuditWriter');
  private readonly entries = new AuditEntries();
  private readonly waiting = new Set<AuditEntry>();
  private timer?: NodeJS.Timeout;
  private writing = Promise.resolve();

  constructor(
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    @InjectDataSource() private readonly db: DataSource,
    @Inject(AuditDays) private readonly days: AuditDays,
  ) {}

  onModuleInit(): void {
    this.audit.events.subscribe((event) => this.note(event));
  }

  /** Runs after the last response was sent, because until then new events may come. */
  async onApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  /** Writes the waiting events, after the write in progress. Never throws: a failed write is retried later. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writeAfter(this.writing);
    return this.writing;
  }

  private note(event: AuditEvent): void {
    if (event.event === 'ticket.opened' && this.days.opened === 0) return;
    this.waiting.add(this.entries.count(event, new Date(this.clock.now())));
    const [oldest] = this.waiting;
    if (this.waiting.size > MOST) this.waiting.delete(oldest!);
    this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  private async writeAfter(others: Promise<void>): Promise<void> {
    await others;
    // events that arrive during this write wait for the next one; otherwise a small write would follow each write
    const due = [...this.waiting];
    for (let at = 0; at < due.length; at += BATCH) {
      try {
        await this.write(due.slice(at, at + BATCH));
      } catch (err) {
        this.logger.warn({ event: 'audit.delayed', waiting: this.waiting.size, err });
        this.timer ??= setTimeout(() => void this.flush(), RETRY_MS).unref();
        return;
      }
    }
  }

  private async write(batch: AuditEntry[]): Promise<void> {
    const [known, fresh] = [batch.filter(({ id }) => id !== undefined), batch.filter(({ id }) => id === undefined)];
    await this.settle(fresh, () => insertEntries(this.db, fresh));
    await this.settle(known, () => countInEntries(this.db, known));
  }

  /** Events counted during the write are not in the statement, so their entry keeps waiting. */
  private async settle(entries: AuditEntry[], write: () => Promise<void>): Promise<void> {
    if (entries.length === 0) return;
    const counts = entries.map(({ unwritten }) => unwritten);
    await write();
    for (const [nth, entry] of entries.entries()) {
      entry.unwritten -= counts[nth]!;
      if (entry.unwritten === 0) this.waiting.delete(entry);
    }
  }
}
