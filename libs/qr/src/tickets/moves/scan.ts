import { randomInt } from 'node:crypto';
import { batchedRows, hashOf, newSecret, Problem, rows, sql } from '@scan-login/nest/common';
import {
  AccountStore,
  type Caller,
  isKnownAs,
  keepsSession,
  KNOWN_SCREENS,
  type LiveSession,
  Places,
  type Whereabouts,
  whereaboutsOf,
} from '@scan-login/nest/device-auth';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { networkBetween } from '../network.js';
import { QR_OPTIONS, type QrOptions } from '../../qr.options.js';
import { Refusals } from '../refusals.js';
import { type Circumstances, reasonsFor, requirementsFor } from '../risk.js';
import { shownAddress } from '../shown-address.js';
import { SNAPSHOT_COLUMNS, type SnapshotRow } from '../../waiting/ticket-reader.js';
import { isCodeOf } from '../ticket-code.js';
import { type Ticket, TICKETS } from '../ticket.entity.js';
import { isAt, MOVES } from '../ticket.moves.js';
import type { ScanResult } from '../ticket.schemas.js';
import { TicketVerification } from '../ticket-verification.js';
import { actor, TicketNews } from './ticket-news.js';

type Scanned = SnapshotRow &
  Pick<Ticket, 'deviceName' | 'browser' | 'os' | 'needsVerification'> & {
    deviceType: ScanResult['screen']['type'];
    openedAt: Date;
    expiresIn: number;
  };
/** What the risk is judged by. A ticket never changes it. */
type Facts = Pick<Ticket, 'ip' | 'keyThumbprint'> & Whereabouts & { isKnown: boolean };

@Injectable()
export class TicketScan {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @InjectDataSource() private readonly db: DataSource,
    private readonly refusals: Refusals,
    private readonly verification: TicketVerification,
    private readonly news: TicketNews,
    @Optional() @Inject(Places) private readonly places?: Places,
  ) {}

  /**
   * Lets the phone decide on the ticket. The same phone may scan again, which makes the earlier scan token invalid.
   * @throws Problem device_not_allowed | account_unavailable | session_ended | ticket_not_found |
   *   ticket_already_scanned | ticket_wrong_status | ticket_expired | code_outdated
   */
  async scan(uuid: string, code: string | undefined, phone: LiveSession, { ip }: Caller): Promise<ScanResult> {
    if (phone.deviceType !== 'phone') throw new Problem('device_not_allowed');
    const [account, facts] = await Promise.all([this.accounts.find(phone.accountId), this.read(uuid, phone)]);
    if (!account) throw new Problem('account_unavailable');
    if (!facts) throw await this.refusals.ofScan(uuid, phone);
    const circumstances = this.circumstancesOf(facts, ip);
    const asked = requirementsFor(reasonsFor(circumstances), this.options);
    const scanToken = newSecret();
    const requiresPasskey = await this.verification.isAsked(account.id, asked.reasons);
    const [scanned] = await rows<Scanned>(
      this.db,
      sql`UPDATE ${TICKETS} SET
            status = ${MOVES.scan.to}, scan_token_hash = ${hashOf(scanToken)},
            phone_session_id = ${phone.id}, phone_device_id = ${phone.deviceId},
            account_id = ${account.id}, account_display_name = ${account.displayName},
            account_avatar_url = ${account.avatarUrl},
            known_here = ${facts.isKnown},
            expires_at = LEAST(now() + make_interval(secs => ${this.options.decideWithin}), decide_until),
            number = COALESCE(number, ${asked.number ? randomInt(10, 100) : null}),
            needs_verification = needs_verification OR ${requiresPasskey}
          WHERE uuid = ${uuid} AND ${isAt(MOVES.scan.from)} AND ${keepsSession(phone.id)}
            AND (status = 'pending' AND ${isCodeOf(code, this.options)}
                 OR (account_id = ${account.id} AND phone_device_id = ${phone.deviceId}))
          RETURNING status, ${SNAPSHOT_COLUMNS}, needs_verification AS "needsVerification",
            device_type AS "deviceType", device_name AS "deviceName", browser, os,
            created_at AS "openedAt", floor(extract(epoch FROM expires_at - now()))::int AS "expiresIn"`,
    );
    if (!scanned) throw await this.refusals.ofScan(uuid, phone);
    // what an earlier scan asked for stays
    const requires = { ...asked, number: scanned.number !== null, verification: scanned.needsVerification };
    this.news.moved({ event: 'ticket.scanned', uuid, ...actor(phone), ip, detail: detailOf(requires) }, scanned);
    const { keyThumbprint } = facts;
    const verification = requires.verification
      ? await this.verification.options(account.id, { uuid, scanToken, keyThumbprint })
      : undefined;
    const screen = screenOf(scanned, facts, circumstances);
    return { scanToken, expiresIn: scanned.expiresIn, screen, requires, verification };
  }

  /** Read before the scan is written, because the number is written with it. */
  private async read(uuid: string, { accountId }: LiveSession): Promise<Facts | undefined> {
    const [facts] = await batchedRows<Facts>(
      this.db,
      'tickets',
      sql`SELECT ip, tickets.key_thumbprint AS "keyThumbprint",
                 known.id IS NOT NULL AS "isKnown", known.network, known.place
          FROM ${TICKETS} LEFT JOIN ${KNOWN_SCREENS} AS known
            ON ${isKnownAs(accountId, sql`tickets.device_id`, sql`tickets.key_thumbprint`)}
          WHERE uuid = ${uuid}`,
    );
    return facts;
  }

  private circumstancesOf({ ip, keyThumbprint, isKnown, network, place }: Facts, phoneIp: string): Circumstances {
    return {
      hasKey: keyThumbprint !== null,
      between: networkBetween(ip, phoneIp, this.options),
      now: whereaboutsOf(ip, this.places),
      lastTime: isKnown ? { network, place } : undefined,
    };
  }
}

/** What the phone shows about the screen: what the server saw, and the name that the screen gave itself. */
function screenOf(
  { deviceType: type, deviceName: name, browser, os, openedAt }: Scanned,
  { ip, keyThumbprint: key, isKnown: known }: Facts,
  { between: network, now: { place } }: Circumstances,
): ScanResult['screen'] {
  const shownIp = shownAddress(ip, network === 'same' || known);
  return { type, name, browser, os, ip: shownIp, openedAt: openedAt.toISOString(), network, key, place, known };
}

function detailOf({ number, verification, reasons }: ScanResult['requires']) {
  const asked = [number && 'number', verification && 'verification'].filter(Boolean);
  return { asked: asked.join(' ') || 'nothing', ...(reasons.length > 0 && { reasons: reasons.join(' ') }) };
}
