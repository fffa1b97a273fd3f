import { AUDIT_EVENTS, empty, rows, sql } from '@scan-login/nest/common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { AccountEventsPage, AccountEventsQuery } from './account-events.schemas.js';
import { AUDIT_ROWS } from './audit-event.entity.js';
import { AuditWriter } from './audit-writer.js';

type AccountEvent = AccountEventsPage['events'][number];
type Row = Omit<AccountEvent, 'at' | 'lastAt'> & { id: string; at: Date; lastAt: Date };

/** A cursor past the last event, where the first page starts. */
const START = { important: true, id: '9223372036854775807' };

/** Lists what happened on an account. Important events come first, so that a flood of others cannot bury them. */
@Injectable()
export class AccountEvents {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly writer: AuditWriter,
  ) {}

  async page(accountId: string, { limit, before, kind }: AccountEventsQuery): Promise<AccountEventsPage> {
    // the page should include what the caller has just done
    await this.writer.flush();
    const from = before === undefined ? START : { important: before.startsWith('i'), id: before.slice(1) };
    const found = await rows<Row>(
      this.db,
      // skips the other rows when only important kinds are asked for
      sql`SELECT id, event, important, at, COALESCE(last_at, at) AS "lastAt", count, ip, session_id AS "sessionId", detail
          FROM ${AUDIT_ROWS}
          WHERE account_id = ${accountId} AND (important, id) < (${from.important}, ${from.id})
            AND important >= ${kind?.every(isImportant) ?? false} ${kind ? sql`AND event = ANY(${kind})` : empty}
          ORDER BY important DESC, id DESC LIMIT ${limit + 1}`,
    );
    const shown = found.slice(0, limit);
    return { events: shown.map(viewOf), next: found.length > limit ? cursorOf(shown.at(-1)!) : null };
  }
}

function isImportant(name: keyof typeof AUDIT_EVENTS): boolean {
  return AUDIT_EVENTS[name] === 'important';
}

function cursorOf({ important, id }: Row): string {
  return `${important ? 'i' : 'r'}${id}`;
}

function viewOf({ event, important, at, lastAt, count, ip, sessionId, detail }: Row): AccountEvent {
  return { event, important, at: at.toISOString(), lastAt: lastAt.toISOString(), count, ip, sessionId, detail };
}
