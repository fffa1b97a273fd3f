import { sql, type Sql, StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';
import type { DeviceType } from './device.js';

export const KNOWN_SCREENS = new Table('known_screens');

/**
 * A screen on which an account was signed in. The row outlives the sessions, so that an account is still known when it
 * comes back.
 */
@StoredIn(KNOWN_SCREENS)
export class KnownScreen {
  @PrimaryColumn('text', { name: 'account_id', primaryKeyConstraintName: 'known_screens_pkey' })
  accountId!: string;

  @PrimaryColumn('text', { name: 'device_id', primaryKeyConstraintName: 'known_screens_pkey' })
  deviceId!: string;

  /** Of the screen's key; empty if it has none, and then it is known by its device id. @see RFC 7638 */
  @PrimaryColumn('text', {
    name: 'key_thumbprint',
    default: '',
    primaryKeyConstraintName: 'known_screens_pkey',
  })
  keyThumbprint!: string;

  /** By this the account names it. */
  @Index('known_screens_id', { unique: true })
  @Column('uuid')
  id!: string;

  // as of the last sign-in
  @Column('text', { name: 'device_type', nullable: true })
  deviceType!: DeviceType | null;

  @Column('text', { name: 'device_name', nullable: true })
  deviceName!: string | null;

  @Column('text', { nullable: true })
  browser!: string | null;

  @Column('text', { nullable: true })
  os!: string | null;

  @Column('text', { nullable: true })
  network!: string | null;

  @Column('text', { nullable: true })
  place!: string | null;

  @Column('timestamptz', { name: 'first_signed_in_at', default: () => 'now()' })
  firstSignedInAt!: Date;

  /** When its account said that it is one of theirs; null while it is new. */
  @Column('timestamptz', { name: 'acknowledged_at', nullable: true })
  acknowledgedAt!: Date | null;

  /** When the last session began there, exact to a day. */
  @Index('known_screens_signed_in_at')
  @Column('timestamptz', { name: 'signed_in_at', default: () => 'now()' })
  signedInAt!: Date;
}

/** SQL: the account has not signed in there for so long that it counts as new. */
export const IS_FORGOTTEN = sql`signed_in_at < now() - interval '90 days'`;

/**
 * SQL: the row `known` is that of the screen, and the account is known there.
 * @param deviceId a column
 * @param keyThumbprint a column; null where the screen has no key
 */
export function isKnownAs(accountId: string, deviceId: Sql, keyThumbprint: Sql): Sql {
  return sql`
    known.account_id = ${accountId} AND known.device_id = ${deviceId}
    AND known.key_thumbprint = COALESCE(${keyThumbprint}, '') AND NOT known.${IS_FORGOTTEN}`;
}
