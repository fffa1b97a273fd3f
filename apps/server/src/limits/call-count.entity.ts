import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Calls of one busy caller in the minute that ends then, of all instances together. Worth nothing after a crash. */
@Entity('call_counts')
export class CallCount {
  /** What is counted, and of whom. */
  @PrimaryColumn('text')
  key!: string;

  @Column('integer')
  calls!: number;

  @Column('timestamptz', { name: 'ends_at' })
  endsAt!: Date;
}
