import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, PrimaryColumn } from 'typeorm';

export const CALL_COUNTS = new Table('call_counts');

/** Calls of one busy caller in the minute that ends then, of all instances together. Worth nothing after a crash. */
@StoredIn(CALL_COUNTS)
export class CallCount {
  /** What is counted, and of whom. */
  @PrimaryColumn('text')
  key!: string;

  @Column('integer')
  calls!: number;

  @Column('timestamptz', { name: 'ends_at' })
  endsAt!: Date;
}
