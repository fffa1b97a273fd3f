import { createHash } from 'node:crypto';
import { hashOf, rows, sql } from '@scan-login/nest/common';
import {
  type Assertion,
  type LiveSession,
  UserVerification,
  type VerificationOptions,
  type Verified,
} from '@scan-login/nest/device-auth';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { QR_OPTIONS, type QrOptions } from '../qr.options.js';
import { Refusals } from './refusals.js';
import type { Reason } from './risk.js';
import { type Ticket, TICKETS } from './ticket.entity.js';
import { isAt, MOVES } from './ticket.moves.js';

/** What a verification approves: this scan of this ticket, for the screen with this key. */
interface Approved extends Pick<Ticket, 'uuid' | 'keyThumbprint'> {
  scanToken: string;
}

/** The verification of the user at a confirm. @see docs/adr/0015-passkeys-verify-the-person.md */
@Injectable()
export class TicketVerification {
  constructor(
    @Inject(QR_OPTIONS) private readonly settings: QrOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly refusals: Refusals,
    // where there is none, the options allow no verification
    @Optional() @Inject(UserVerification) private readonly verification?: UserVerification,
  ) {}

  /** Whether a confirm by this account needs a verification. @param reasons why the scan is no ordinary one */
  async isAsked(accountId: string, reasons: readonly Reason[]): Promise<boolean> {
    const { confirmVerify } = this.settings;
    if (confirmVerify === 'auto') return reasons.length > 0 && this.verification!.has(accountId);
    return confirmVerify === 'always';
  }

  /** @returns nothing if the account has no passkey */
  async options(accountId: string, approved: Approved): Promise<VerificationOptions | undefined> {
    const options = await this.verification!.options(accountId, challengeOf(approved));
    return options.allowCredentials?.length ? options : undefined;
  }

  /**
   * @returns nothing if the ticket needs no verification now: the confirm itself finds out why
   * @throws Problem verification_failed
   */
  async verify(
    uuid: string,
    scanToken: string,
    assertion: Assertion,
    phone: LiveSession,
  ): Promise<Verified | undefined> {
    const [ticket] = await rows<Pick<Ticket, 'keyThumbprint'>>(
      this.db,
      sql`SELECT key_thumbprint AS "keyThumbprint" FROM ${TICKETS}
          WHERE uuid = ${uuid} AND phone_session_id = ${phone.id} AND scan_token_hash = ${hashOf(scanToken)}
            AND needs_verification AND ${isAt(MOVES.confirm.from)}`,
    );
    if (!ticket) return undefined;
    const challenge = challengeOf({ uuid, scanToken, ...ticket });
    const verified = await this.verification!.verify(phone.accountId, challenge, assertion);
    if (!verified) throw this.refusals.foreign(uuid, 'verification_failed', phone);
    return verified;
  }
}

/** So that an assertion is good for this ticket, this screen and this scan alone. */
function challengeOf({ uuid, keyThumbprint, scanToken }: Approved): Buffer {
  const application = '';
  const scan = hashOf(scanToken).toString('base64url');
  return createHash('sha256')
    .update(JSON.stringify(['scan-login confirm', uuid, application, keyThumbprint ?? '', scan]))
    .digest();
}
