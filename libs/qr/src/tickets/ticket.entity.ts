import { literals, StoredIn, Table } from '@scan-login/nest/common';
import type { DeviceType } from '@scan-login/nest/device-auth';
import { Check, Column, Index, PrimaryColumn } from 'typeorm';
import { type DenyReason, type StoredStatus, TICKET_STATUSES } from './ticket.moves.js';

export const TICKETS = new Table('tickets');

/** One attempt to sign one screen in. It holds hashes of secrets, and never a token. */
@StoredIn(TICKETS)
@Check('tickets_status', `status IN (${literals(TICKET_STATUSES.filter((status) => status !== 'expired')).text})`)
export class Ticket {
  /** Its public name: it is in the QR code. */
  @PrimaryColumn('uuid')
  uuid!: string;

  /** SHA-256 of the ticket secret. */
  @Column('bytea', { name: 'secret_hash' })
  secretHash!: Buffer;

  @Column('text', { default: 'pending' })
  status!: StoredStatus;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** When the present status expires. It changes with most moves, so it has no index. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  /**
   * The latest time for a decision, even if the ticket is scanned again. It never changes, so the sweep finds rows by
   * it.
   */
  @Index('tickets_decide_until')
  @Column('timestamptz', { name: 'decide_until' })
  decideUntil!: Date;

  // the screen
  @Column('text', { name: 'device_id' })
  deviceId!: string;

  @Column('text', { name: 'device_type' })
  deviceType!: DeviceType;

  @Column('text', { name: 'device_name', nullable: true })
  deviceName!: string | null;

  @Column('text', { nullable: true })
  browser!: string | null;

  @Column('text', { nullable: true })
  os!: string | null;

  @Column('text')
  ip!: string;

  /** Of the screen's key, which a redeem must prove; null if it has none. @see RFC 7638 */
  @Column('text', { name: 'key_thumbprint', nullable: true })
  keyThumbprint!: string | null;

  /** Whether the link has a code that changes, so that a photograph of it is soon outdated. */
  @Column('boolean', { default: false })
  rotates!: boolean;

  // the phone that scanned, and its account
  @Column('text', { name: 'account_id', nullable: true })
  accountId!: string | null;

  @Column('text', { name: 'account_display_name', nullable: true })
  accountDisplayName!: string | null;

  @Column('text', { name: 'account_avatar_url', nullable: true })
  accountAvatarUrl!: string | null;

  /** Whether that account had been signed in on the screen's device before. */
  @Column('boolean', { name: 'known_here', default: false })
  knownHere!: boolean;

  /** By this the tickets of a session are found when it ends. */
  @Index('tickets_phone_session_id')
  @Column('uuid', { name: 'phone_session_id', nullable: true })
  phoneSessionId!: string | null;

  @Column('text', { name: 'phone_device_id', nullable: true })
  phoneDeviceId!: string | null;

  /** SHA-256 of the scan token of the last scan. */
  @Column('bytea', { name: 'scan_token_hash', nullable: true })
  scanTokenHash!: Buffer | null;

  /** The number that the screen shows and the user types on the phone; null if none is required. */
  @Column('smallint', { nullable: true })
  number!: number | null;

  @Column('smallint', { name: 'wrong_numbers', default: 0 })
  wrongNumbers!: number;

  /** Whether a confirm needs a passkey. */
  @Column('boolean', { name: 'needs_verification', default: false })
  needsVerification!: boolean;

  /** Why it was denied. */
  @Column('text', { name: 'deny_reason', nullable: true })
  denyReason!: DenyReason | null;

  // the session that came of it
  @Column('uuid', { name: 'session_id', nullable: true })
  sessionId!: string | null;

  @Column('timestamptz', { name: 'redeemed_at', nullable: true })
  redeemedAt!: Date | null;
}
