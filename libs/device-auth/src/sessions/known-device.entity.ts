import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A device on which a user name has signed in with its password. Wrong passwords do not change it. */
@Entity('known_devices')
export class KnownDevice {
  /** SHA-256 of the user name and the device id. */
  @PrimaryColumn('bytea')
  key!: Buffer;

  /** The last right password. */
  @Index('known_devices_known_at')
  @Column('timestamptz', { name: 'known_at', default: () => 'now()' })
  knownAt!: Date;
}
