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

/**
 * How a session began: with a password or a passkey on its own device, or with a scan, which makes it a companion of the
 * phone's.
 */
export type BeganBy = 'password' | 'passkey' | 'scan';

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

  /** Of the key that its device must prove with each call, if it is bound to one. @see RFC 7638 */
  @Column('text', { name: 'key_thumbprint', nullable: true })
  keyThumbprint!: string | null;

  /** Of the key by which its screen is known, whether the session is bound to it or not; empty if there is none. */
  @Column('text', { name: 'screen_key', default: '' })
  screenKey!: string;

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

  /** The last call or refresh; not written more often than `idle_for` needs. */
  @Column('timestamptz', { name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt!: Date;

  /** When one of its tokens was first used. Its owner has them, so the redeem can no longer be repeated. */
  @Column('timestamptz', { name: 'used_at', nullable: true })
  usedAt!: Date | null;

  /** Counts the refreshes that issued new tokens. Each access token has the number of its own. */
  @Column('integer', { default: 1 })
  generation!: number;

  /** The newest generation of which an access token was used. The refresh that issued it can no longer be repeated. */
  @Column('integer', { name: 'used_generation', default: 0 })
  usedGeneration!: number;

  /** Seconds without a call or refresh after which the session ends. */
  @Column('integer', { name: 'idle_for' })
  idleFor!: number;

  /** When the session ends in any case. */
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

/** SQL: the session was not ended, and has not run out. */
export const IS_LIVE = sql`(ended_at IS NULL AND now() < ${RUNS_OUT_AT})`;

/** SQL: there is a live session of this id. @param id the id, or a column that has it */
export function livesSession(id: string | Sql): Sql {
  return sql`EXISTS (SELECT FROM ${SESSIONS} WHERE sessions.id = ${id} AND ${IS_LIVE})`;
}

/**
 * SQL: the same, and the session stays live until the end of the transaction. If another transaction is ending it, this
 * waits and then finds it ended. A statement that ends it later waits, and sees what this transaction has done.
 */
export function keepsSession(id: string): Sql {
  return sql`EXISTS (SELECT FROM ${SESSIONS} WHERE sessions.id = ${id} AND ${IS_LIVE} FOR SHARE)`;
}

/** SQL: whole seconds until the session ends if it is not used. */
export const RUNS_OUT_IN = sql`GREATEST(0, floor(extract(epoch FROM ${RUNS_OUT_AT} - now())))::int`;
