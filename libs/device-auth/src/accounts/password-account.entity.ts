import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('accounts')
export class PasswordAccount {
  @PrimaryColumn('uuid')
  id!: string;

  /** As its owner writes it. */
  @Column('text')
  username!: string;

  /** As it is compared: two names that look or sound alike in one alphabet's cases are one. */
  @Column('text', { name: 'username_key', unique: true })
  usernameKey!: string;

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
