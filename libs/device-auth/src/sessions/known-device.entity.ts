import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, Index, PrimaryColumn } from 'typeorm';

export const KNOWN_DEVICES = new Table('known_devices');

/** A device on which a user name has signed in with its password. Wrong passwords do not change the row. */
@StoredIn(KNOWN_DEVICES)
export class KnownDevice {
  /** SHA-256 of the user name and the device id. */
  @PrimaryColumn('bytea')
  key!: Buffer;

  /** When the right password was last given. */
  @Index('known_devices_known_at')
  @Column('timestamptz', { name: 'known_at', default: () => 'now()' })
  knownAt!: Date;
}
