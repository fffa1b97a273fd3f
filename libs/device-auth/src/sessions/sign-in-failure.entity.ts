import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';

export const SIGN_IN_FAILURES = new Table('sign_in_failures');

/** Wrong passwords, counted by name, device, session or address: each under a hash that tells which of these it is. */
@StoredIn(SIGN_IN_FAILURES)
export class SignInFailure {
  /** SHA-256 of what is counted, and of its kind. */
  @PrimaryColumn('bytea')
  key!: Buffer;

  /** Those that are not forgotten yet, and the tries that are under way. */
  @Column('integer', { default: 0 })
  failures!: number;

  /** Since the last right password; always zero for an address. */
  @Column('integer', { name: 'in_a_row', default: 0 })
  inARow!: number;

  /** The moment from which on the next failure is being forgotten. */
  @Index('sign_in_failures_at')
  @Column('timestamptz', { default: () => 'now()' })
  at!: Date;

  @Column('timestamptz', { name: 'blocked_until', nullable: true })
  blockedUntil!: Date | null;
}
