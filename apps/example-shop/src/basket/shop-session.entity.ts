import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a customer has in the basket. The shop called this a session long before scan-login came. */
@Entity('sessions')
export class ShopSession {
  @PrimaryColumn('uuid', { name: 'account_id' })
  accountId!: string;

  @Column('text', { array: true, default: [] })
  basket!: string[];
}
