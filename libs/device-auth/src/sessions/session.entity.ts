import { sql, type Sql, StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';
import type { DeviceType } from '../devices/device.js';

/** Why a session has ended. */
export const END_REASONS = [
  'signed_out',
  'replaced',
  'revoked',
  'password_changed',
  'expired',
  'refresh_reused',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** How a session began: by a password on its own device, or by a scan, which makes it a companion of the phone's. */
export type BeganBy = 'password' | 'scan';

export const SESSIONS = new Table('sessions');

/** One account signed in on one device: the binding that a token stands for, compared on every call. */
@StoredIn(SESSIONS)
@Index('sessions_live', ['accountId', 'deviceType'], { where: 'ended_at IS NULL' })
export class Session {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { name: 'account_id' })
  accountId!: string;

  @Column('text', { name: 'device_id' })
  deviceId!: string;

  @Column('text', { name: 'device_type' })
  deviceType!: DeviceType;

  /** Of the key that its device proves to have with each call, if it is bound to one. @see RFC 7638 */
  @Column('text', { name: 'key_thumbprint', nullable: true })
  keyThumbprint!: string | null;

  @Column('text', { name: 'began_by', default: 'password' })
  beganBy!: BeganBy;

  @Column('text', { name: 'device_name', nullable: true })
  deviceName!: string | null;

  @Column('text', { nullable: true })
  browser!: string | null;

  @Column('text', { nullable: true })
  os!: string | null;

  @Column('text')
  ip!: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** Of a call or a refresh; not written more often than `idle_for` needs. */
  @Column('timestamptz', { name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt!: Date;

  /** When one of its tokens was first used: its owner has them, so redeem is not repeated any more. */
  @Column('timestamptz', { name: 'used_at', nullable: true })
  usedAt!: Date | null;

  /** Counts the refreshes that issued new tokens. Each access token names its own. */
  @Column('integer', { default: 1 })
  generation!: number;

  /** The newest generation of which an access token was used. The one before it cannot be repeated any more. */
  @Column('integer', { name: 'used_generation', default: 0 })
  usedGeneration!: number;

  /** Seconds without a call or refresh after which it ends. */
  @Column('integer', { name: 'idle_for' })
  idleFor!: number;

  /** Its end in any case. */
  @Index('sessions_expires_at')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Index('sessions_ended_at')
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('text', { name: 'ended_reason', nullable: true })
  endedReason!: EndReason | null;
}

/** SQL: the moment at which a session ends by itself. */
const RUNS_OUT_AT = sql`LEAST(expires_at, last_seen_at + make_interval(secs => idle_for))`;

/** SQL: the session has neither been ended nor run out. */
export const IS_LIVE = sql`(ended_at IS NULL AND now() < ${RUNS_OUT_AT})`;

/** SQL: there is a live session of this id. @param id itself, or a column that has it */
export function livesSession(id: string | Sql): Sql {
  return sql`EXISTS (SELECT FROM ${SESSIONS} WHERE sessions.id = ${id} AND ${IS_LIVE})`;
}

/**
 * SQL: the same, and the session is kept live until the end of the transaction. Where it is being ended, this waits and then
 * finds it ended; a statement that ends it waits in turn, and sees what this transaction has done.
 */
export function keepsSession(id: string): Sql {
  return sql`EXISTS (SELECT FROM ${SESSIONS} WHERE sessions.id = ${id} AND ${IS_LIVE} FOR SHARE)`;
}

/** SQL: whole seconds until it runs out if it is not used. */
export const RUNS_OUT_IN = sql`GREATEST(0, floor(extract(epoch FROM ${RUNS_OUT_AT} - now())))::int`;
