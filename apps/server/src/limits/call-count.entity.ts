import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, PrimaryColumn } from 'typeorm';

export const CALL_COUNTS = new Table('call_counts');

/**
 * Calls of one busy client in the minute that ends at `endsAt`, at all instances together. Need not survive a crash.
 */
@StoredIn(CALL_COUNTS)
export class CallCount {
  /** What is counted, and for which client. */
  @PrimaryColumn('text')
  key!: string;

  @Column('integer')
  calls!: number;

  @Column('timestamptz', { name: 'ends_at' })
  endsAt!: Date;
}
