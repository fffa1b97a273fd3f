import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** What happened, kept for AUDIT_DAYS. Rows are added and, past their time, removed; never changed. */
@Entity('audit_events')
@Index('audit_events_of_account', ['accountId', 'id'], { where: 'account_id IS NOT NULL' })
export class AuditEventRow {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Index('audit_events_at')
  @Column('timestamptz', { default: () => 'now()' })
  at!: Date;

  @Column('text')
  event!: string;

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
