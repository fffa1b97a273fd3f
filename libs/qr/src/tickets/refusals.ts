import { AuditLog, hashOf, Problem, type ProblemCode, type Queryable, rows, sql } from '@scan-login/nest/common';
import { Admission, type LiveSession, livesSession, type Presented } from '@scan-login/nest/device-auth';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Ticket, TICKETS } from './ticket.entity.js';
import { STATUS_NOW, type TicketStatus } from './ticket.moves.js';

type ScreensTicket = Pick<Ticket, 'deviceId' | 'keyThumbprint'> & { status: TicketStatus; isDeciderLive: boolean };

/** Finds out why a move was refused, after its UPDATE changed no row. It decides nothing itself. */
@Injectable()
export class Refusals {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly admission: Admission,
    private readonly audit: AuditLog,
  ) {}

  async ofCancel(uuid: string, secret: string): Promise<Problem> {
    const ticket = await this.forScreen(this.db, uuid, secret);
    return ticket ? outOfOrder(ticket.status) : new Problem('ticket_not_found');
  }

  async ofRedeem(tx: Queryable, uuid: string, secret: string, { deviceId, proof }: Presented): Promise<Problem> {
    const ticket = await this.forScreen(tx, uuid, secret);
    if (!ticket) return new Problem('ticket_not_found');
    if (ticket.deviceId !== deviceId) return this.foreign(uuid, 'device_mismatch');
    const { keyThumbprint } = ticket;
    if (keyThumbprint && keyThumbprint !== proof?.thumbprint) return this.foreign(uuid, 'proof_invalid');
    // the session that confirmed it has expired since, so it can no longer be redeemed
    return outOfOrder(ticket.status === 'confirmed' && !ticket.isDeciderLive ? 'expired' : ticket.status);
  }

  async ofScan(uuid: string, phone: LiveSession): Promise<Problem> {
    const ended = await this.admission.refusalOf(this.db, phone.id);
    if (ended) return ended;
    const [ticket] = await rows<Pick<Ticket, 'rotates'> & { status: TicketStatus; isTaken: boolean }>(
      this.db,
      sql`SELECT ${STATUS_NOW} AS status, rotates,
                 (account_id, phone_device_id) IS DISTINCT FROM (${phone.accountId}, ${phone.deviceId}) AS "isTaken"
          FROM ${TICKETS} WHERE uuid = ${uuid}`,
    );
    if (!ticket) return new Problem('ticket_not_found');
    const isBeingDecided = ticket.status === 'scanned' || ticket.status === 'confirmed';
    if (isBeingDecided && ticket.isTaken) return this.foreign(uuid, 'ticket_already_scanned', phone);
    if (ticket.status === 'pending' && ticket.rotates) return new Problem('code_outdated');
    return outOfOrder(ticket.status);
  }

  /** Checks whose ticket it is before its status, so that another phone learns nothing else about it. */
  async ofDecision(uuid: string, scanToken: string, phone: LiveSession): Promise<Problem> {
    const ended = await this.admission.refusalOf(this.db, phone.id);
    if (ended) return ended;
    const [ticket] = await rows<{
      status: TicketStatus;
      isUnscanned: boolean;
      isYours: boolean;
      isToken: boolean;
      needsVerification: boolean;
    }>(
      this.db,
      sql`SELECT ${STATUS_NOW} AS status, phone_session_id IS NULL AS "isUnscanned",
                 needs_verification AS "needsVerification",
                 phone_session_id = ${phone.id} AS "isYours", scan_token_hash = ${hashOf(scanToken)} AS "isToken"
          FROM ${TICKETS} WHERE uuid = ${uuid}`,
    );
    if (!ticket) return new Problem('ticket_not_found');
    if (ticket.isUnscanned) return outOfOrder(ticket.status);
    if (!ticket.isYours) return this.foreign(uuid, 'ticket_not_yours', phone);
    if (!ticket.isToken) return this.foreign(uuid, 'scan_token_invalid', phone);
    if (ticket.status === 'scanned' && ticket.needsVerification) return new Problem('verification_required');
    return outOfOrder(ticket.status);
  }

  /** The caller tried what only another client may do, which the audit log should show. */
  foreign(uuid: string, code: ProblemCode, phone?: LiveSession): Problem {
    this.audit.note({
      event: 'ticket.refused',
      uuid,
      sessionId: phone?.id,
      accountId: phone?.accountId,
      detail: { code },
    });
    return new Problem(code);
  }

  /** With a wrong secret, the ticket is not found. */
  private async forScreen(db: Queryable, uuid: string, secret: string) {
    const [ticket] = await rows<ScreensTicket>(
      db,
      sql`SELECT ${STATUS_NOW} AS status, device_id AS "deviceId", key_thumbprint AS "keyThumbprint",
                 ${livesSession(sql`phone_session_id`)} AS "isDeciderLive"
          FROM ${TICKETS} WHERE uuid = ${uuid} AND secret_hash = ${hashOf(secret)}`,
    );
    return ticket;
  }
}

/** The status of the ticket does not allow the call. */
export function outOfOrder(currentStatus: TicketStatus): Problem {
  return currentStatus === 'expired'
    ? new Problem('ticket_expired')
    : new Problem('ticket_wrong_status', { currentStatus });
}
