import { randomUUID } from 'node:crypto';
import {
  AuditLog,
  batchedRows,
  isUuid,
  Problem,
  type Queryable,
  rows,
  sql,
  transaction,
} from '@scan-login/nest/common';
import {
  type Account,
  type AccountStore,
  type AccountView,
  Admission,
  keyOf,
  type LiveSession,
  SessionEndings,
} from '@scan-login/nest/device-auth';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ACCOUNTS, PasswordAccount } from './password-account.entity.js';
import type { NewAccount } from './password-accounts.schemas.js';
import { PasswordHasher } from './password-hasher.js';
import { skeletonOf } from './user-names.js';

/** Accounts with passwords in a table of our own, for applications without accounts. */
@Injectable()
export class PasswordAccounts implements AccountStore {
  constructor(
    @InjectRepository(PasswordAccount) private readonly accounts: Repository<PasswordAccount>,
    private readonly hasher: PasswordHasher,
    private readonly admission: Admission,
    private readonly endings: SessionEndings,
    private readonly audit: AuditLog,
  ) {}

  async find(id: string, db?: Queryable): Promise<Account | undefined> {
    if (!isUuid(id)) return undefined;
    // called with each scan, so without the query builder, which takes longer than the statement
    const find = sql`
      SELECT id, username, display_name AS "displayName", avatar_url AS "avatarUrl",
             password_version::text AS "credentialVersion"
      FROM ${ACCOUNTS} WHERE id = ${id}`;
    const [account] = db ? await rows<Account>(db, find) : await batchedRows<Account>(this.database, 'callers', find);
    return account;
  }

  /** @throws Problem busy */
  admit<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.hasher.admit(task);
  }

  async verify(username: string, password: string): Promise<Account | undefined> {
    const row = await this.accounts.findOneBy({ usernameKey: keyOf(username) });
    const right = await this.hasher.verify(row?.passwordHash, password);
    return row && right ? accountOf(row) : undefined;
  }

  /** @throws Problem invalid_request | username_taken | busy */
  async register({ username, password, displayName }: NewAccount): Promise<AccountView> {
    const usernameKey = keyOf(username);
    const usernameSkeleton = skeletonOf(username);
    refuseOwnName(password, username, '/password');
    if (await this.accounts.existsBy([{ usernameKey }, { usernameSkeleton }])) throw new Problem('username_taken');
    const passwordHash = await this.hasher.hash(password);
    const id = randomUUID();
    const { raw } = await this.accounts
      .createQueryBuilder()
      .insert()
      .values({ id, username, usernameKey, usernameSkeleton, displayName: displayName ?? username, passwordHash })
      .orIgnore()
      .returning('id')
      .execute();
    if ((raw as unknown[]).length === 0) throw new Problem('username_taken');
    this.audit.note({ event: 'account.registered', accountId: id });
    return { id, username, displayName: displayName ?? username, avatarUrl: null };
  }

  /**
   * Sets the new password and ends all other sessions of the account, in one transaction. A sign-in that has just
   * verified the old password finds another version, and starts no session.
   * @returns nothing when the current password is wrong
   * @throws Problem invalid_request | session_ended | busy
   */
  async changePassword(by: LiveSession, current: string, next: string): Promise<true | undefined> {
    const id = by.accountId;
    const row = await this.accounts.findOneBy({ id });
    const right = await this.hasher.verify(row?.passwordHash, current);
    if (!row || !right) return undefined;
    refuseOwnName(next, row.username, '/new');
    const passwordHash = await this.hasher.hash(next);
    return transaction(this.database, async (tx) => {
      await this.endings.lock(tx, id);
      const refusal = await this.admission.refusalOf(tx, by.id);
      if (refusal) throw refusal;
      // with the version in the condition, one of two changes at once wins and the other fails
      const changed = await rows(
        tx,
        sql`UPDATE ${ACCOUNTS} SET password_hash = ${passwordHash}, password_version = password_version + 1
            WHERE id = ${id} AND password_version = ${row.passwordVersion} RETURNING id`,
      );
      if (changed.length === 0) return undefined;
      await this.endings.endAll(tx, { accountId: id, reason: 'password_changed', by: by.id });
      tx.afterCommit(() => this.audit.note({ event: 'account.password_changed', accountId: id }));
      return true;
    });
  }

  private get database() {
    return this.accounts.manager.connection;
  }
}

function refuseOwnName(password: string, username: string, pointer: string): void {
  if (keyOf(password) !== keyOf(username)) return;
  throw new Problem('invalid_request', { errors: [{ pointer, detail: 'Must not be the user name' }] });
}

function accountOf({ id, username, displayName, avatarUrl, passwordVersion }: PasswordAccount): Account {
  return { id, username, displayName, avatarUrl, credentialVersion: String(passwordVersion) };
}
