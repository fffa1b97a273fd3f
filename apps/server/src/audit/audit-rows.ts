import { AUDIT_EVENTS, rows, sql } from '@scan-login/nest/common';
import type { DataSource } from 'typeorm';
import type { AuditEntry } from './audit-entries.js';
import { AUDIT_ROWS } from './audit-event.entity.js';

// Rows are sent as one JSON text, which takes a fraction of the time that pg needs to serialize arrays.

/** Inserts new rows in order, and stores their ids in the entries. */
export async function insertEntries(db: DataSource, entries: AuditEntry[]): Promise<void> {
  const fresh = entries.map(({ event, accountId, sessionId, uuid, ip, detail, at, lastAt, unwritten }, nth) => ({
    nth,
    at,
    last_at: unwritten > 1 ? lastAt : null,
    count: unwritten,
    event,
    important: AUDIT_EVENTS[event] === 'important',
    account_id: accountId,
    session_id: sessionId,
    ticket_uuid: uuid,
    ip,
    detail,
  }));
  const written = await rows<{ id: string }>(
    db,
    sql`INSERT INTO ${AUDIT_ROWS} (at, last_at, count, event, important, account_id, session_id, ticket_uuid, ip, detail)
     SELECT at, last_at, count, event, important, account_id, session_id, ticket_uuid, ip, detail
     FROM jsonb_to_recordset(${JSON.stringify(fresh)}::jsonb) AS fresh (
       nth int, at timestamptz, last_at timestamptz, count int, event text, important boolean, account_id text,
       session_id uuid, ticket_uuid uuid, ip text, detail jsonb)
     ORDER BY nth RETURNING id`,
  );
  for (const [nth, { id }] of written.entries()) entries[nth]!.id = id;
}

/** Adds new events to rows that are written already. */
export async function countInEntries(db: DataSource, entries: AuditEntry[]): Promise<void> {
  const more = entries.map(({ id, lastAt, unwritten }) => ({ id, last_at: lastAt, count: unwritten }));
  await rows(
    db,
    sql`UPDATE ${AUDIT_ROWS} AS row
     SET count = row.count + more.count, last_at = GREATEST(row.last_at, row.at, more.last_at)
     FROM jsonb_to_recordset(${JSON.stringify(more)}::jsonb) AS more (id bigint, count int, last_at timestamptz)
     WHERE row.id = more.id`,
  );
}
