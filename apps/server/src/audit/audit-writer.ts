import { type AuditEvent, AuditLog, Clock, rows } from '#libs/common';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';
import { sweepAuditEvents } from './audit-sweep.js';

/** Events of this many milliseconds are written together, beside the calls and not inside them. */
const GATHER_MS = 100;
const RETRY_MS = 1_000;
const BATCH = 500;
/** While the database is away they are kept, up to here; the log has every one of them in any case. */
const MOST = 20_000;

/** Injects for how many days events are kept. */
export const AUDIT_DAYS = Symbol('AUDIT_DAYS');

interface Dated extends AuditEvent {
  at: Date;
}

/**
 * Keeps audit events in the database. They are written a moment later, so that a login costs nothing more: what a kill
 * takes with it are the last hundred milliseconds, which the log still has.
 */
@Injectable()
export class AuditWriter implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('AuditWriter');
  private sweeping?: Subscription;
  private waiting: Dated[] = [];
  private timer?: NodeJS.Timeout;
  private writing = Promise.resolve();

  constructor(
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    @InjectDataSource() private readonly db: DataSource,
    @Inject(AUDIT_DAYS) private readonly days: number,
  ) {}

  onModuleInit(): void {
    this.sweeping = sweepAuditEvents(this.db, this.days);
    this.audit.events.subscribe((event) => {
      this.waiting.push({ ...event, at: new Date(this.clock.now()) });
      if (this.waiting.length > MOST) this.waiting.shift();
      this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
    });
  }

  /** After the last answer went out: until then there may be something to write. */
  async onApplicationShutdown(): Promise<void> {
    this.sweeping?.unsubscribe();
    await this.flush();
  }

  /** Writes what waits by then, after what is being written. Never throws: what cannot be written now is tried again. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writeAfter(this.writing);
    return this.writing;
  }

  private async writeAfter(others: Promise<void>): Promise<void> {
    await others;
    // what comes while these are being written waits for the next time: else each write would be followed by a small one
    for (let left = this.waiting.length; left > 0; left -= BATCH) {
      const batch = this.waiting.slice(0, Math.min(left, BATCH));
      try {
        await this.write(batch);
      } catch (err) {
        this.logger.warn({ event: 'audit.delayed', waiting: this.waiting.length, err });
        this.timer ??= setTimeout(() => void this.flush(), RETRY_MS).unref();
        return;
      }
      this.waiting = this.waiting.slice(batch.length);
    }
  }

  private async write(batch: Dated[]): Promise<void> {
    const written = batch.map(({ at, event, accountId, sessionId, uuid, ip, detail }) => ({
      at,
      event,
      account_id: accountId,
      session_id: sessionId,
      ticket_uuid: uuid,
      ip,
      detail,
    }));
    // as one JSON text, which takes a fraction of the time that pg needs for as many arrays
    await rows(
      this.db,
      `INSERT INTO audit_events (at, event, account_id, session_id, ticket_uuid, ip, detail)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS row (
         at timestamptz, event text, account_id text, session_id uuid, ticket_uuid uuid, ip text, detail jsonb)`,
      [JSON.stringify(written)],
    );
  }
}
