import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type Queryable, rows, sql } from '@scan-login/nest/common';
import { type Account as ScanLoginAccount, AccountStore } from '@scan-login/nest/device-auth';
import { Repository } from 'typeorm';
import { Account } from './account.entity.js';
import { isPassword } from './passwords.js';

/** What scan-login must know of the shop's accounts. */
@Injectable()
export class ShopAccounts extends AccountStore {
  constructor(@InjectRepository(Account) private readonly accounts: Repository<Account>) {
    super();
  }

  /** In the transaction that starts the session, if there is one: so a password that changes meanwhile is noticed. */
  override async find(id: string, db: Queryable = this.accounts.manager.connection) {
    const found = sql`SELECT id, name, password_version AS "passwordVersion" FROM accounts WHERE id = ${id}`;
    const [account] = await rows<Pick<Account, 'id' | 'name' | 'passwordVersion'>>(db, found);
    return account && shown(account);
  }

  override async verify(email: string, password: string) {
    const account = await this.accounts.findOneBy({ email });
    return (await isPassword(password, account?.passwordHash)) ? shown(account!) : undefined;
  }
}

function shown({ id, name, passwordVersion }: Pick<Account, 'id' | 'name' | 'passwordVersion'>): ScanLoginAccount {
  return { id, displayName: name, avatarUrl: null, credentialVersion: String(passwordVersion) };
}
