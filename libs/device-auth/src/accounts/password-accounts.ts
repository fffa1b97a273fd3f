import { randomUUID } from 'node:crypto';
import { AuditLog, isUuid, lookUp, Problem, rows } from '#libs/common';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Account, AccountStore } from './account-store.js';
import type { NewAccount } from './accounts.schemas.js';
import { PasswordAccount } from './password-account.entity.js';
import { PasswordHasher } from './password-hasher.js';

/** Accounts in a table of our own, with passwords: for those who have none elsewhere. */
@Injectable()
export class PasswordAccounts implements AccountStore {
  constructor(
    @InjectRepository(PasswordAccount) private readonly accounts: Repository<PasswordAccount>,
    private readonly hasher: PasswordHasher,
    private readonly audit: AuditLog,
  ) {}

  async find(id: string): Promise<Account | undefined> {
    if (!isUuid(id)) return undefined;
    // asked for with each scan: past the query builder, which takes longer than the statement
    const [account] = await lookUp<Account>(
      this.accounts.manager.connection,
      'callers',
      'SELECT id, username, display_name AS "displayName", avatar_url AS "avatarUrl" FROM accounts WHERE id = $1',
      [id],
    );
    return account;
  }

  async verify(username: string, password: string): Promise<Account | undefined> {
    const row = await this.accounts.findOneBy({ usernameKey: keyOf(username) });
    const right = await this.hasher.verify(row?.passwordHash, password);
    return row && right ? accountOf(row) : undefined;
  }

  /** @throws Problem invalid_request | username_taken | busy */
  async register({ username, password, displayName }: NewAccount): Promise<Account> {
    const usernameKey = keyOf(username);
    refuseOwnName(password, username, '/password');
    if (await this.accounts.existsBy({ usernameKey })) throw new Problem('username_taken');
    const passwordHash = await this.hasher.hash(password);
    const id = randomUUID();
    const { raw } = await this.accounts
      .createQueryBuilder()
      .insert()
      .values({ id, username, usernameKey, displayName: displayName ?? username, passwordHash })
      .orIgnore()
      .returning('id')
      .execute();
    if ((raw as unknown[]).length === 0) throw new Problem('username_taken');
    this.audit.note({ event: 'account.registered', accountId: id });
    return { id, username, displayName: displayName ?? username, avatarUrl: null };
  }

  /**
   * Says nothing of sessions: which of them end is up to the caller.
   * @returns nothing when the current password is not that
   * @throws Problem invalid_request | busy
   */
  async changePassword(id: string, current: string, next: string): Promise<true | undefined> {
    const row = await this.accounts.findOneBy({ id });
    const right = await this.hasher.verify(row?.passwordHash, current);
    if (!row || !right) return undefined;
    refuseOwnName(next, row.username, '/new');
    // the old hash in the condition: of two changes at once, one wins and the other learns of it
    const done = await rows(
      this.accounts.manager.connection,
      'UPDATE accounts SET password_hash = $1 WHERE id = $2 AND password_hash = $3 RETURNING id',
      [await this.hasher.hash(next), id, row.passwordHash],
    );
    if (done.length === 0) return undefined;
    this.audit.note({ event: 'account.password_changed', accountId: id });
    return true;
  }
}

function keyOf(username: string): string {
  return username.normalize('NFKC').toLowerCase();
}

function refuseOwnName(password: string, username: string, pointer: string): void {
  if (keyOf(password) !== keyOf(username)) return;
  throw new Problem('invalid_request', { errors: [{ pointer, detail: 'Must not be the user name' }] });
}

function accountOf({ id, username, displayName, avatarUrl }: PasswordAccount): Account {
  return { id, username, displayName, avatarUrl };
}
