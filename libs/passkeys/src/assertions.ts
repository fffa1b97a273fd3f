import { AuditLog, hashOf, type Queryable, rows, sql } from '@scan-login/nest/common';
import type { Assertion } from '@scan-login/nest/device-auth';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { DataSource } from 'typeorm';
import { PASSKEYS, type Passkey } from './passkey.entity.js';
import { RelyingParty } from './relying-party.js';

type Found = Pick<Passkey, 'id' | 'accountId' | 'credentialId'> & { publicKey: Buffer<ArrayBuffer>; counter: number };

/** An assertion whose signature is right. Nothing of it is written yet. */
export interface VerifiedAssertion extends Pick<Passkey, 'id' | 'accountId'> {
  counter: number;
}

/** Checks what passkeys have signed. */
@Injectable()
export class Assertions {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly party: RelyingParty,
    private readonly audit: AuditLog,
  ) {}

  /**
   * @param isExpected whether this is a challenge that may have been signed, base64url
   * @returns nothing if the passkey is unknown, its signature is wrong or made elsewhere, its user was not verified, or
   *   its counter shows a copy
   */
  async verify(
    assertion: Assertion,
    isExpected: (challenge: string) => boolean,
  ): Promise<VerifiedAssertion | undefined> {
    const [passkey] = await rows<Found>(
      this.db,
      sql`SELECT id, account_id AS "accountId", credential_id AS "credentialId", public_key AS "publicKey",
                 counter::float8 AS counter
          FROM ${PASSKEYS} WHERE credential_id = ${assertion.id}`,
    );
    if (!passkey) return undefined;
    const { id, accountId } = passkey;
    const { userHandle } = assertion.response;
    if (userHandle && userHandle !== userHandleOf(accountId).toString('base64url')) return undefined;
    const counter = await this.counterOf(assertion, passkey, isExpected);
    if (counter === undefined) return undefined;
    if (isPast(counter, passkey.counter)) {
      this.audit.note({ event: 'passkey.counter_regressed', accountId, detail: { passkeyId: id } });
      return undefined;
    }
    return { id, accountId, counter };
  }

  /**
   * Records that a passkey was used.
   * @returns false if it was removed in the meantime, or used with a later counter
   */
  async used(db: Queryable, { id, counter }: VerifiedAssertion): Promise<boolean> {
    const written = await rows(
      db,
      sql`UPDATE ${PASSKEYS} SET counter = ${counter}::bigint, last_used_at = now()
          WHERE id = ${id} AND (counter < ${counter}::bigint OR counter = 0 AND ${counter}::bigint = 0) RETURNING id`,
    );
    return written.length > 0;
  }

  /** @returns the counter of a right assertion */
  private async counterOf(
    { response: { userHandle, ...response }, ...assertion }: Assertion,
    { credentialId, publicKey }: Found,
    isExpected: (challenge: string) => boolean,
  ): Promise<number | undefined> {
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: {
          ...assertion,
          response: { ...response, userHandle: userHandle ?? undefined },
          clientExtensionResults: {},
        },
        expectedChallenge: isExpected,
        expectedOrigin: this.party.origins,
        expectedRPID: this.party.id,
        requireUserVerification: true,
        // its counter is checked by the caller, which can tell a copy from other faults
        credential: { id: credentialId, publicKey, counter: 0 },
      });
      return verified ? authenticationInfo.newCounter : undefined;
    } catch {
      // it is thrown for each fault of an assertion, and reads nothing but that
      return undefined;
    }
  }
}

/** What an authenticator stores beside a passkey to name its account: not the id itself, which a store may take from a name. */
export function userHandleOf(accountId: string): Buffer<ArrayBuffer> {
  return Buffer.from(hashOf(`passkeys of ${accountId}`));
}

/** @see https://www.w3.org/TR/webauthn-3/#sctn-sign-counter */
function isPast(counter: number, last: number): boolean {
  return (counter > 0 || last > 0) && counter <= last;
}
