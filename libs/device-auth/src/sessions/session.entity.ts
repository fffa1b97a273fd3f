import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DeviceType } from '../devices/device.js';

/** Why a session is over. */
export const END_REASONS = [
  'signed_out',
  'replaced',
  'revoked',
  'password_changed',
  'expired',
  'refresh_reused',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** One account signed in on one device: the binding that a token stands for, compared on every call. */
@Entity('sessions')
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

  /** Of the key that its device proves to have with each call; none where it was not asked for. @see RFC 7638 */
  @Column('text', { name: 'key_thumbprint', nullable: true })
  keyThumbprint!: string | null;

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

  /** When its access token was first used, or its refresh token: its owner has them, so redeem repeats no more. */
  @Column('timestamptz', { name: 'used_at', nullable: true })
  usedAt!: Date | null;

  /** Seconds without a call or refresh after which it is over. */
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

/** SQL: the moment at which a session is over by itself. */
const RUNS_OUT_AT = 'LEAST(expires_at, last_seen_at + make_interval(secs => idle_for))';

/** SQL: the session is neither ended nor run out. */
export const IS_LIVE = `(ended_at IS NULL AND now() < ${RUNS_OUT_AT})`;

/** SQL: whole seconds until it runs out when nobody uses it. */
export const RUNS_OUT_IN = `GREATEST(0, floor(extract(epoch FROM ${RUNS_OUT_AT} - now())))::int`;
