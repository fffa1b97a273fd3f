import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A proof that was accepted once, kept until its time is over anyway. */
@Entity('used_proofs')
export class UsedProof {
  /** SHA-256 of the key's thumbprint and the proof's `jti`. */
  @PrimaryColumn('bytea')
  id!: Buffer;

  @Index('used_proofs_expires_at')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
