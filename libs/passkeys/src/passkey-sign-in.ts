import { Problem, transaction } from '@scan-login/nest/common';
import {
  type Account,
  AccountStore,
  type Assertion,
  type Caller,
  SessionService,
  SignInThrottle,
  type Tokens,
  VerificationOptions,
} from '@scan-login/nest/device-auth';
import { Challenges, type Proof } from '@scan-login/nest/token';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { generateAuthenticationOptions } from '@simplewebauthn/server';
import { DataSource } from 'typeorm';
import { Assertions, type VerifiedAssertion } from './assertions.js';
import type { PasskeySignIn as SignInBody } from './passkeys.schemas.js';
import { RelyingParty } from './relying-party.js';

const SIGN_IN = 'sign in';

/** Sign-in with a passkey that names its account itself, so no user name is typed. */
@Injectable()
export class PasskeySignIn {
  constructor(
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @InjectDataSource() private readonly db: DataSource,
    private readonly assertions: Assertions,
    private readonly challenges: Challenges,
    private readonly party: RelyingParty,
    private readonly sessions: SessionService,
    private readonly throttle: SignInThrottle,
  ) {}

  async options(): Promise<VerificationOptions> {
    const options = await generateAuthenticationOptions({
      rpID: this.party.id,
      challenge: Uint8Array.from(this.challenges.issue(SIGN_IN)),
      userVerification: 'required',
    });
    return VerificationOptions.parse(options);
  }

  /** @throws Problem invalid_credentials | too_many_attempts | session_limit_reached | proof_invalid */
  async signIn({ assertion, device: given }: SignInBody, { ip, browser, os }: Caller, proof?: Proof): Promise<Tokens> {
    const device = { ...given, name: given.name ?? null, browser, os };
    const { account, verified } = await this.throttle.attemptByKey({ ip }, () => this.verify(assertion));
    const { id: accountId, credentialVersion } = account;
    const beginning = { accountId, credentialVersion, beganBy: 'passkey', device, ip, proof } as const;
    return transaction(this.db, async (tx) => {
      // it may have been removed since it was verified
      if (!(await this.assertions.used(tx, verified))) throw new Problem('invalid_credentials');
      return this.sessions.start(tx, beginning, { isLast: true });
    });
  }

  /** @returns nothing for an unknown passkey, a wrong or repeated assertion, and an account that is gone */
  private async verify(assertion: Assertion): Promise<{ account: Account; verified: VerifiedAssertion } | undefined> {
    let challenge = '';
    const verified = await this.assertions.verify(assertion, (signed) => {
      challenge = signed;
      return this.challenges.isValid(signed, SIGN_IN);
    });
    if (!verified || !(await this.challenges.useUp(this.db, challenge))) return undefined;
    const account = await this.accounts.find(verified.accountId);
    return account && { account, verified };
  }
}
