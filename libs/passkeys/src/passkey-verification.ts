import {
  type Assertion,
  type UserVerification,
  VerificationOptions,
  type Verified,
} from '@scan-login/nest/device-auth';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { generateAuthenticationOptions } from '@simplewebauthn/server';
import { DataSource } from 'typeorm';
import { Assertions } from './assertions.js';
import { Passkeys } from './passkeys.js';
import { RelyingParty } from './relying-party.js';

/** Verifies the user of an account with one of its passkeys. */
@Injectable()
export class PasskeyVerification implements UserVerification {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly assertions: Assertions,
    private readonly passkeys: Passkeys,
    private readonly party: RelyingParty,
  ) {}

  async has(accountId: string): Promise<boolean> {
    return (await this.passkeys.askedOf(accountId)).length > 0;
  }

  async options(accountId: string, challenge: Buffer): Promise<VerificationOptions> {
    const options = await generateAuthenticationOptions({
      rpID: this.party.id,
      challenge: Uint8Array.from(challenge),
      allowCredentials: await this.passkeys.askedOf(accountId),
      userVerification: 'required',
    });
    return VerificationOptions.parse(options);
  }

  async verify(accountId: string, challenge: Buffer, assertion: Assertion): Promise<Verified | undefined> {
    const expected = challenge.toString('base64url');
    const verified = await this.assertions.verify(assertion, (signed) => signed === expected);
    if (verified?.accountId !== accountId) return undefined;
    const used = async () => void (await this.assertions.used(this.db, verified));
    return { id: verified.id, used };
  }
}
