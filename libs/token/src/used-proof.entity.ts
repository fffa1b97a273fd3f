import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';

export const USED_PROOFS = new Table('used_proofs');

/** A proof that was accepted once, kept until its time is over anyway. */
@StoredIn(USED_PROOFS)
export class UsedProof {
  /** SHA-256 of the key's thumbprint and the proof's `jti`. */
  @PrimaryColumn('bytea')
  id!: Buffer;

  @Index('used_proofs_expires_at')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
