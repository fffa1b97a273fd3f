import { transaction } from '@scan-login/nest/common';
import type { Proof } from '@scan-login/nest/token';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountStore } from '../accounts/account-store.js';
import type { Caller } from '../devices/caller.js';
import type { SignIn as SignInBody, Tokens } from './session.schemas.js';
import { SessionService } from './session.service.js';
import { SignInThrottle } from './sign-in-throttle.js';

/** Sign-in with a user name and a password: how a phone gets its first session. */
@Injectable()
export class SignIn {
  constructor(
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @InjectDataSource() private readonly db: DataSource,
    private readonly sessions: SessionService,
    private readonly throttle: SignInThrottle,
  ) {}

  /** @throws Problem proof_invalid | invalid_credentials | too_many_attempts | session_limit_reached | busy */
  async withPassword(body: SignInBody, { ip, browser, os }: Caller, proof?: Proof): Promise<Tokens> {
    const { username, password } = body;
    const device = { ...body.device, name: body.device.name ?? null, browser, os };
    const account = await this.throttle.attempt({ username, deviceId: device.id, ip }, () =>
      this.accounts.verify(username, password),
    );
    const { id: accountId, credentialVersion } = account;
    const beginning = { accountId, credentialVersion, beganBy: 'password', device, ip, proof } as const;
    return transaction(this.db, (tx) => this.sessions.start(tx, beginning, { isLast: true }));
  }
}
