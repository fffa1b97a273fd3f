import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';

export const REFRESH_TOKENS = new Table('refresh_tokens');

/** One refresh token of a session, as a hash. Used ones stay until the session goes, so that reuse is detected. */
@StoredIn(REFRESH_TOKENS)
export class RefreshToken {
  @PrimaryColumn('bytea')
  hash!: Buffer;

  /** Id of the session, chosen by its lib: this one knows no sessions. */
  @Index('refresh_tokens_session_id')
  @Column('uuid', { name: 'session_id' })
  sessionId!: string;

  /** 16 random bytes of its session, needed to derive a successor. Null for tokens of earlier releases. */
  @Column('bytea', { nullable: true })
  salt!: Buffer | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** When it was used. */
  @Column('timestamptz', { name: 'rotated_at', nullable: true })
  rotatedAt!: Date | null;
}
