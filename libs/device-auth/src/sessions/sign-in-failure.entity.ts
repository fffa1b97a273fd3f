import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Sign-ins that failed, counted for an account, an address or a device; and devices that are known. Names as hashes. */
@Entity('sign_in_failures')
export class SignInFailure {
  /** SHA-256 of what is counted. */
  @PrimaryColumn('bytea')
  key!: Buffer;

  /** Zero for a device that has signed in since: it is known. */
  @Column('integer', { default: 0 })
  failures!: number;

  @Index('sign_in_failures_at')
  @Column('timestamptz', { default: () => 'now()' })
  at!: Date;

  @Column('timestamptz', { name: 'blocked_until', nullable: true })
  blockedUntil!: Date | null;
}
