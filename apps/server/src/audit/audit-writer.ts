import { type AuditEvent, AuditLog, Clock } from '@scan-login/nest/common';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditEntries, type AuditEntry } from './audit-entries.js';
import { countInEntries, insertEntries } from './audit-rows.js';

/** Events of this many milliseconds are written together, beside the calls and not inside them. */
const GATHER_MS = 100;
const RETRY_MS = 1_000;
const BATCH = 500;
/** While the database is away so many rows are kept; the log has what they say in any case. */
const MOST = 20_000;

/** For how many days events are kept. */
export interface AuditDays {
  all: number;
  /** Those of tickets that were opened, which come by the thousand and have no account; 0: not at all. */
  opened: number;
}
export const AuditDays = Symbol('AuditDays');

/**
 * Keeps audit events in the database. They are written a moment later, so that a login costs nothing more: what a kill
 * takes with it are the last hundred milliseconds, which the log still has.
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

  /** After the last answer went out: until then there may be something to write. */
  async onApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  /** Writes what waits by then, after what is being written. Never throws: what cannot be written now is tried again. */
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
    // what comes while these are being written waits for the next time: else each write would be followed by a small one
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

  /** What is counted meanwhile is not in the statement: then the entry waits on. */
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
