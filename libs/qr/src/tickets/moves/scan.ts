import { randomInt } from 'node:crypto';
import { hashOf, newSecret, Problem, rows, sql } from '@scan-login/nest/common';
import { AccountStore, type Caller, isKnownScreen, keepsSession, type LiveSession } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { networkBetween } from '../network.js';
import { QR_OPTIONS, type QrOptions } from '../../qr.options.js';
import { Refusals } from '../refusals.js';
import { shownAddress } from '../shown-address.js';
import { SNAPSHOT_COLUMNS, type SnapshotRow } from '../../waiting/ticket-reader.js';
import { TICKETS } from '../ticket.entity.js';
import { isAt, MOVES } from '../ticket.moves.js';
import type { ScanResult } from '../ticket.schemas.js';
import { actor, TicketNews } from './ticket-news.js';

type Scanned = SnapshotRow & Omit<ScanResult['screen'], 'openedAt' | 'network'> & { openedAt: Date; expiresIn: number };

@Injectable()
export class TicketScan {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @Inject(AccountStore) private readonly accounts: AccountStore,
    @InjectDataSource() private readonly db: DataSource,
    private readonly refusals: Refusals,
    private readonly news: TicketNews,
  ) {}

  /**
   * Lets the phone decide on the ticket. The same phone may scan again, which makes the earlier scan token invalid.
   * @throws Problem device_not_allowed | account_unavailable | session_ended | ticket_not_found |
   *   ticket_already_scanned | ticket_wrong_status | ticket_expired
   */
  async scan(uuid: string, phone: LiveSession, { ip }: Caller): Promise<ScanResult> {
    if (phone.deviceType !== 'phone') throw new Problem('device_not_allowed');
    const account = await this.accounts.find(phone.accountId);
    if (!account) throw new Problem('account_unavailable');
    const scanToken = newSecret();
    const { decideWithin, confirmChallenge } = this.options;
    const number = confirmChallenge === 'number' ? randomInt(10, 100) : null;
    const [scanned] = await rows<Scanned>(
      this.db,
      sql`UPDATE ${TICKETS} SET
            status = ${MOVES.scan.to}, scan_token_hash = ${hashOf(scanToken)},
            phone_session_id = ${phone.id}, phone_device_id = ${phone.deviceId},
            account_id = ${account.id}, account_display_name = ${account.displayName},
            account_avatar_url = ${account.avatarUrl},
            known_here = ${isKnownScreen(account.id, sql`tickets.device_id`, sql`tickets.key_thumbprint`)},
            expires_at = LEAST(now() + make_interval(secs => ${decideWithin}), decide_until),
            number = COALESCE(number, ${number})
          WHERE uuid = ${uuid} AND ${isAt(MOVES.scan.from)} AND ${keepsSession(phone.id)}
            AND (status = 'pending' OR (account_id = ${account.id} AND phone_device_id = ${phone.deviceId}))
          RETURNING status, ${SNAPSHOT_COLUMNS}, device_type AS type, device_name AS name, browser, os, ip, key_thumbprint AS key,
            created_at AS "openedAt", floor(extract(epoch FROM expires_at - now()))::int AS "expiresIn"`,
    );
    if (!scanned) throw await this.refusals.ofScan(uuid, phone);
    this.news.moved({ event: 'ticket.scanned', uuid, ...actor(phone), ip }, scanned);
    const requires = { number: number !== null };
    return { scanToken, expiresIn: scanned.expiresIn, screen: this.screenOf(scanned, ip), requires };
  }

  /** What the phone shows about the screen: what the server saw, and the name that the screen gave itself. */
  private screenOf(scanned: Scanned, phoneIp: string): ScanResult['screen'] {
    const { type, name, browser, os, ip, key, openedAt, knownHere } = scanned;
    const network = networkBetween(ip, phoneIp, this.options);
    const shownIp = shownAddress(ip, network === 'same' || knownHere);
    return { type, name, browser, os, ip: shownIp, openedAt: openedAt.toISOString(), network, key };
  }
}
