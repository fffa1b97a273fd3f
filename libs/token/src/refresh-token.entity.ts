import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';

export const REFRESH_TOKENS = new Table('refresh_tokens');

/** One refresh token of a session, as a hash. Used ones stay until the session goes, so that a reuse is seen as such. */
@StoredIn(REFRESH_TOKENS)
export class RefreshToken {
  @PrimaryColumn('bytea')
  hash!: Buffer;

  /** Whose: a name that the session's owner gave; this lib knows no sessions. */
  @Index('refresh_tokens_session_id')
  @Column('uuid', { name: 'session_id' })
  sessionId!: string;

  /** 16 random bytes of its session, without which no successor can be derived. None in tokens of earlier releases. */
  @Column('bytea', { nullable: true })
  salt!: Buffer | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** When it was used. */
  @Column('timestamptz', { name: 'rotated_at', nullable: true })
  rotatedAt!: Date | null;
}
