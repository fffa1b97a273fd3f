import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';

export const ACCOUNTS = new Table('accounts');

@StoredIn(ACCOUNTS)
export class PasswordAccount {
  @PrimaryColumn('uuid')
  id!: string;

  /** As the user writes it. */
  @Column('text')
  username!: string;

  /** As it is compared: see `keyOf`. */
  @Column('text', { name: 'username_key', unique: true })
  usernameKey!: string;

  /** What it looks like: no other name may look the same. Null if an older account looked the same already. */
  @Index('accounts_username_skeleton', { unique: true })
  @Column('text', { name: 'username_skeleton', nullable: true })
  usernameSkeleton!: string | null;

  @Column('text', { name: 'display_name' })
  displayName!: string;

  @Column('text', { name: 'avatar_url', nullable: true })
  avatarUrl!: string | null;

  /** argon2id in the PHC string format. */
  @Column('text', { name: 'password_hash' })
  passwordHash!: string;

  /** Counts the changes of the password. */
  @Column('integer', { name: 'password_version', default: 1 })
  passwordVersion!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
