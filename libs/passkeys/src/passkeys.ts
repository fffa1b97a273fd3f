import { randomUUID } from 'node:crypto';
import { AuditLog, isUuid, Problem, rows, sql, type Sql, type Transaction, transaction } from '@scan-login/nest/common';
import { AccountStore, Admission, keepsSession, type LiveSession, SessionEndings } from '@scan-login/nest/device-auth';
import { Challenges } from '@scan-login/nest/token';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  generateRegistrationOptions,
  type VerifiedRegistrationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { DataSource } from 'typeorm';
import { userHandleOf } from './assertions.js';
import { withoutStatement } from './attestation.js';
import { PASSKEYS, type Passkey } from './passkey.entity.js';
import { CreationOptions, type NewPasskey, type PasskeyView } from './passkeys.schemas.js';
import { RelyingParty } from './relying-party.js';

/** Passkeys of one account. */
const MOST = 20;

type Shown = Pick<Passkey, 'id' | 'name' | 'createdAt' | 'lastUsedAt' | 'isSynced'>;
type Asked = Pick<Passkey, 'transports'> & { id: string };

/** A credential that was made for our options. */
type NewCredential = Pick<NonNullable<VerifiedRegistrationResponse['registrationInfo']>, 'credential'> & {
  /** base64url */
  challenge: string;
  isSynced: boolean;
};

const SHOWN = sql`id, name, created_at AS "createdAt", last_used_at AS "lastUsedAt", is_synced AS "isSynced"`;

/** The passkeys of accounts: adds, lists and removes them. */
@Injectable()
export class Passkeys {
  constructor(
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @InjectDataSource() private readonly db: DataSource,
    private readonly admission: Admission,
    private readonly endings: SessionEndings,
    private readonly challenges: Challenges,
    private readonly party: RelyingParty,
    private readonly audit: AuditLog,
  ) {}

  /** @throws Problem device_not_allowed | account_unavailable */
  async creationOptions({ accountId, deviceType }: LiveSession): Promise<CreationOptions> {
    if (deviceType !== 'phone') throw new Problem('device_not_allowed');
    const [account, present] = await Promise.all([this.accounts.find(accountId), this.askedOf(accountId)]);
    if (!account) throw new Problem('account_unavailable');
    const options = await generateRegistrationOptions({
      rpName: this.party.name,
      rpID: this.party.id,
      userID: userHandleOf(accountId),
      userName: account.username ?? account.displayName,
      userDisplayName: account.displayName,
      challenge: Uint8Array.from(this.challenges.issue(addingTo(accountId))),
      excludeCredentials: present,
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    return CreationOptions.parse(options);
  }

  /** @throws Problem device_not_allowed | invalid_request | passkey_limit_reached | session_ended */
  async add(phone: LiveSession, given: NewPasskey): Promise<PasskeyView> {
    const { accountId, deviceType, id: sessionId } = phone;
    if (deviceType !== 'phone') throw new Problem('device_not_allowed');
    const verified = await this.verified(given, addingTo(accountId));
    const added = await transaction(this.db, async (tx) => {
      // one at a time, so that the limit holds; and none once the session has ended
      await this.endings.lock(tx, accountId);
      if (!(await this.challenges.useUp(tx, verified.challenge))) throw refused('Was used before');
      const [row] = await rows<Shown>(tx, insertionOf(verified, phone, given));
      if (!row) throw await this.refusalOf(tx, verified.credential.id, phone);
      return row;
    });
    this.audit.note({ event: 'passkey.added', accountId, sessionId, detail: { passkeyId: added.id } });
    return viewOf(added);
  }

  async list(accountId: string): Promise<PasskeyView[]> {
    const found = await rows<Shown>(
      this.db,
      sql`SELECT ${SHOWN} FROM ${PASSKEYS} WHERE account_id = ${accountId} ORDER BY created_at, id`,
    );
    return found.map(viewOf);
  }

  /** @throws Problem passkey_not_found */
  async remove({ accountId, id: sessionId }: LiveSession, id: string): Promise<void> {
    const [removed] = isUuid(id)
      ? await rows(this.db, sql`DELETE FROM ${PASSKEYS} WHERE id = ${id} AND account_id = ${accountId} RETURNING id`)
      : [];
    if (!removed) throw new Problem('passkey_not_found');
    this.audit.note({ event: 'passkey.removed', accountId, sessionId, detail: { passkeyId: id } });
  }

  /** The passkeys of an account, as browsers are asked for them. */
  async askedOf(accountId: string): Promise<Asked[]> {
    return rows<Asked>(
      this.db,
      sql`SELECT credential_id AS id, transports FROM ${PASSKEYS} WHERE account_id = ${accountId} ORDER BY created_at, id`,
    );
  }

  private async verified({ credential }: NewPasskey, purpose: string): Promise<NewCredential> {
    let challenge = '';
    const isExpected = (signed: string) => {
      challenge = signed;
      return this.challenges.isValid(signed, purpose);
    };
    try {
      const attestationObject = withoutStatement(credential.response.attestationObject);
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: {
          ...credential,
          response: { ...credential.response, attestationObject },
          clientExtensionResults: {},
        },
        expectedChallenge: isExpected,
        expectedOrigin: this.party.origins,
        expectedRPID: this.party.id,
        requireUserVerification: true,
      });
      if (!verified) throw new Error('It is not verified');
      return { challenge, credential: registrationInfo.credential, isSynced: registrationInfo.credentialBackedUp };
    } catch (cause) {
      throw refused('Must be a new credential for these options', cause);
    }
  }

  private async refusalOf(tx: Transaction, credentialId: string, phone: LiveSession): Promise<Problem> {
    const ended = await this.admission.refusalOf(tx, phone.id);
    if (ended) return ended;
    const known = await rows(tx, sql`SELECT FROM ${PASSKEYS} WHERE credential_id = ${credentialId}`);
    return known.length > 0 ? refused('Is a passkey already') : new Problem('passkey_limit_reached');
  }
}

/** SQL: adds the passkey if the session lives and the account, which must be locked, does not have too many. */
function insertionOf({ credential, isSynced }: NewCredential, phone: LiveSession, given: NewPasskey): Sql {
  const { accountId, id: sessionId } = phone;
  return sql`
    INSERT INTO ${PASSKEYS} (id, account_id, credential_id, public_key, counter, transports, is_synced, name)
    SELECT ${randomUUID()}::uuid, ${accountId}::text, ${credential.id}::text, ${Buffer.from(credential.publicKey)}::bytea,
           ${credential.counter}::bigint, ${given.credential.response.transports}::text[], ${isSynced}::boolean,
           ${given.name ?? null}::text
    WHERE ${keepsSession(sessionId)} AND (SELECT count(*) FROM ${PASSKEYS} WHERE account_id = ${accountId}) < ${MOST}
    ON CONFLICT (credential_id) DO NOTHING RETURNING ${SHOWN}`;
}

function addingTo(accountId: string): string {
  return `add a passkey to ${accountId}`;
}

function refused(detail: string, cause?: unknown): Problem {
  return new Problem('invalid_request', { errors: [{ pointer: '/credential', detail }] }, { cause });
}

function viewOf({ id, name, createdAt, lastUsedAt, isSynced }: Shown): PasskeyView {
  return {
    id,
    name,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    isSynced,
  };
}
