import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';

export const SIGN_IN_FAILURES = new Table('sign_in_failures');

/** Wrong passwords, counted by name, device, session or address. */
@StoredIn(SIGN_IN_FAILURES)
export class SignInFailure {
  /** SHA-256 of what is counted, with its kind. */
  @PrimaryColumn('bytea')
  key!: Buffer;

  /** Failures that are not forgotten yet, and tries that are being evaluated. */
  @Column('integer', { default: 0 })
  failures!: number;

  /** Failures since the last right password; always zero for an address. */
  @Column('integer', { name: 'in_a_row', default: 0 })
  inARow!: number;

  /** When the time to forget the next failure began. */
  @Index('sign_in_failures_at')
  @Column('timestamptz', { default: () => 'now()' })
  at!: Date;

  @Column('timestamptz', { name: 'blocked_until', nullable: true })
  blockedUntil!: Date | null;
}
