import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';

export const PASSKEYS = new Table('passkeys');

/** A passkey of an account: its public key, and what is needed to ask for it. */
@StoredIn(PASSKEYS)
export class Passkey {
  @PrimaryColumn('uuid')
  id!: string;

  @Index('passkeys_account_id')
  @Column('text', { name: 'account_id' })
  accountId!: string;

  /** The id that the authenticator gave it, base64url. */
  @Index('passkeys_credential_id', { unique: true })
  @Column('text', { name: 'credential_id' })
  credentialId!: string;

  /** In COSE. @see RFC 9052 */
  @Column('bytea', { name: 'public_key' })
  publicKey!: Buffer;

  /** How often it was used, by its own count; always 0 for those that are synced. */
  @Column('bigint', { default: 0 })
  counter!: string;

  /** How browsers reach it. */
  @Column('text', { array: true, default: [] })
  transports!: string[];

  /** Whether it is kept by a provider, and so on other devices, too. */
  @Column('boolean', { name: 'is_synced', default: false })
  isSynced!: boolean;

  @Column('text', { nullable: true })
  name!: string | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;
}
