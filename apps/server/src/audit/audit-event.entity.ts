import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryGeneratedColumn } from 'typeorm';

export const AUDIT_ROWS = new Table('audit_events');

/** An audit event, kept for AUDIT_DAYS. Only `count` and `lastAt` ever change: they record repetitions of the event. */
@StoredIn(AUDIT_ROWS)
@Index('audit_events_of_account', ['accountId', 'important', 'id'], { where: 'account_id IS NOT NULL' })
@Index('audit_events_opened', ['at'], { where: `event = 'ticket.opened'` })
export class AuditEventRow {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Index('audit_events_at')
  @Column('timestamptz', { default: () => 'now()' })
  at!: Date;

  /** Time of the last repetition; null where `count` is 1. */
  @Column('timestamptz', { name: 'last_at', nullable: true })
  lastAt!: Date | null;

  @Column('integer', { default: 1 })
  count!: number;

  @Column('text')
  event!: string;

  @Column('boolean', { default: false })
  important!: boolean;

  @Column('text', { name: 'account_id', nullable: true })
  accountId!: string | null;

  @Column('uuid', { name: 'session_id', nullable: true })
  sessionId!: string | null;

  @Column('uuid', { name: 'ticket_uuid', nullable: true })
  ticketUuid!: string | null;

  @Column('text', { nullable: true })
  ip!: string | null;

  @Column('jsonb', { nullable: true })
  detail!: Record<string, string | number> | null;
}
