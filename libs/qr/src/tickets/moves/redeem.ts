import { randomUUID } from 'node:crypto';
import {
  type AuditName,
  hashOf,
  Problem,
  rows,
  type Sql,
  sql,
  type Transaction,
  transaction,
} from '@scan-login/nest/common';
import { heldAccount, livesSession, type Presented, SessionService, type Tokens } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { QR_OPTIONS, type QrOptions } from '../../qr.options.js';
import { Refusals } from '../refusals.js';
import { type Ticket, TICKETS } from '../ticket.entity.js';
import { isAt, MOVES } from '../ticket.moves.js';
import { TicketNews } from './ticket-news.js';

type Redeemed = Pick<
  Ticket,
  'accountId' | 'deviceId' | 'deviceType' | 'deviceName' | 'browser' | 'os' | 'ip' | 'keyThumbprint'
>;

/** The ticket to redeem, and the screen that redeems it. */
interface Redemption {
  uuid: string;
  secret: string;
  screen: Presented;
  /** Of the tokens that the screen wants; by default they are bound to the proven key, if there is one. */
  tokenType?: Tokens['tokenType'];
  /** Aborts when the client has disconnected: then nothing happens. */
  signal: AbortSignal;
}

@Injectable()
export class TicketRedeem {
  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly sessions: SessionService,
    private readonly refusals: Refusals,
    private readonly news: TicketNews,
  ) {}

  /**
   * Exchanges a confirmed ticket for tokens, once. If the response got lost, the call may be repeated for a while,
   * until the access token is first used: it returns new tokens of the same session, and the earlier refresh token
   * becomes invalid. Either way the session that confirmed must still live, and its account must exist. If the ticket
   * names a key, its proof is required each time.
   * @throws Problem ticket_not_found | device_mismatch | ticket_wrong_status | ticket_expired | account_unavailable |
   *   session_limit_reached | proof_invalid
   * @see RFC 8628 §3.4
   */
  async redeem(redemption: Redemption): Promise<Tokens> {
    const { uuid, secret, screen, tokenType } = redemption;
    if (tokenType === 'DPoP' && !screen.proof) throw new Problem('proof_invalid', { detail: NEEDS_PROOF });
    return transaction(this.db, async (tx) => {
      const first = await this.first(tx, redemption);
      if (first) return this.announced(tx, 'ticket.redeemed', uuid, first);
      const again = await this.again(tx, redemption);
      if (!again) throw await this.refusals.ofRedeem(tx, uuid, secret, screen);
      return this.announced(tx, 'ticket.redeemed_again', uuid, again);
    });
  }

  private async first(tx: Transaction, redemption: Redemption): Promise<Tokens | undefined> {
    const { uuid, secret, screen, tokenType, signal } = redemption;
    const sessionId = randomUUID();
    const secretHash = hashOf(secret);
    const [, [ticket]] = await Promise.all([
      // takes turns with what ends the session that confirmed: either it is seen below, or it sees this redeem
      rows(
        tx,
        sql`SELECT ${heldAccount(sql`account_id`)} FROM ${TICKETS} WHERE uuid = ${uuid} AND secret_hash = ${secretHash}`,
      ),
      rows<Redeemed>(
        tx,
        sql`UPDATE ${TICKETS} SET status = ${MOVES.redeem.to}, session_id = ${sessionId}, redeemed_at = now()
            WHERE uuid = ${uuid} AND ${isAt(MOVES.redeem.from)} AND secret_hash = ${secretHash}
              AND device_id = ${screen.deviceId} AND ${isProvedBy(screen)} AND ${livesSession(sql`phone_session_id`)}
            RETURNING account_id AS "accountId", device_id AS "deviceId", device_type AS "deviceType",
              device_name AS "deviceName", browser, os, ip, key_thumbprint AS "keyThumbprint"`,
      ),
    ]);
    if (!ticket) return undefined;
    if (signal.aborted) throw new Problem('unavailable');
    const { accountId, deviceId: id, deviceType: type, deviceName: name, browser, os, ip, keyThumbprint } = ticket;
    const device = { id, type, name, browser, os };
    const key = { proof: screen.proof, tokenType, screenKey: keyThumbprint ?? '' };
    const beginning = { accountId: accountId!, beganBy: 'scan', device, ip, ...key } as const;
    return this.sessions.start(tx, beginning, { id: sessionId, isLast: true });
  }

  private async again(tx: Transaction, redemption: Redemption): Promise<Tokens | undefined> {
    const { uuid, secret, screen, tokenType, signal } = redemption;
    const [ticket] = await rows<Pick<Ticket, 'sessionId' | 'accountId'>>(
      tx,
      sql`SELECT session_id AS "sessionId", account_id AS "accountId" FROM ${TICKETS}
          WHERE uuid = ${uuid} AND secret_hash = ${hashOf(secret)} AND device_id = ${screen.deviceId}
            AND ${isProvedBy(screen)} AND status = 'redeemed' AND redeemed_at > now() - make_interval(secs => ${this.options.redeemRepeat})
            AND ${livesSession(sql`phone_session_id`)}`,
    );
    const by = { proof: screen.proof, tokenType };
    const tokens = ticket && (await this.sessions.renew(tx, ticket.sessionId!, ticket.accountId!, by));
    // a client that has disconnected may have redeemed again already: these tokens would invalidate the ones it got
    // then
    if (tokens && signal.aborted) throw new Problem('unavailable');
    return tokens;
  }

  private announced(tx: Transaction, event: AuditName, uuid: string, tokens: Tokens): Tokens {
    const { session, account } = tokens;
    tx.afterCommit(() => this.news.moved({ event, uuid, sessionId: session.id, accountId: account.id }));
    return tokens;
  }
}

/** SQL: the screen has proved the key that the ticket names, or it names none. */
function isProvedBy({ proof }: Presented): Sql {
  return sql`(key_thumbprint IS NULL OR key_thumbprint = ${proof?.thumbprint})`;
}

const NEEDS_PROOF = 'Tokens of type DPoP are bound to a key: send a proof of it';
