import { batchedRows, hashOf, Problem, rows, sql } from '@scan-login/nest/common';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { QR_OPTIONS, type QrOptions } from '../qr.options.js';
import { isCodeOf } from '../tickets/ticket-code.js';
import { type Ticket, TICKETS } from '../tickets/ticket.entity.js';
import { type DenyReason, isAt, MOVES, OPEN_STATUSES, STATUS_NOW, type TicketStatus } from '../tickets/ticket.moves.js';
import { type Outcome, STATUS_CODES, type StatusView } from '../tickets/ticket.schemas.js';

/** A ticket at one moment: what its screen may know. */
export interface TicketSnapshot {
  status: TicketStatus;
  account?: { displayName: string; avatarUrl: string | null; knownHere: boolean };
  /** The screen shows it after the scan, and the user types it on the phone. */
  number?: number;
  /** Why it was denied. */
  reason?: DenyReason;
  /** When the status expires, in milliseconds of `performance.now()`; nothing for a final one. */
  runsOutAt?: number;
}

export interface SnapshotRow {
  status: TicketStatus;
  displayName: string | null;
  avatarUrl: string | null;
  knownHere: boolean;
  number: number | null;
  reason: DenyReason | null;
  runsOutInMs: number;
}

/** SQL: the columns that a snapshot needs besides the status. */
export const SNAPSHOT_COLUMNS = sql`
  account_display_name AS "displayName", account_avatar_url AS "avatarUrl", known_here AS "knownHere", number, deny_reason AS "reason",
  (extract(epoch FROM expires_at - now()) * 1000)::float AS "runsOutInMs"`;

type OpenedLink = Pick<Ticket, 'uuid' | 'keyThumbprint'> & { code: string | null };

/** A client that waits for a ticket: how its ticket is found, and what it is told. */
export interface Side<View> {
  /**
   * @param by what the client identifies itself with
   * @throws Problem ticket_not_found
   */
  read(uuid: string, by: string): Promise<TicketSnapshot>;
  /** The response for a ticket that has changed. */
  changed(snapshot: TicketSnapshot): View;
  /** The response for a ticket that has not changed within the wait. */
  unchanged(snapshot: TicketSnapshot): View;
}

/** Reads tickets. */
@Injectable()
export class TicketReader {
  /** The screen, by the secret of the ticket. */
  readonly screen: Side<StatusView> = {
    read: (uuid, secret) => this.read(uuid, secret),
    changed: viewOf,
    unchanged: unchangedViewOf,
  };
  /** The phone that has decided, by the id of its session. */
  readonly decider: Side<Outcome> = {
    read: (uuid, sessionId) => this.readDecided(uuid, sessionId),
    changed: outcomeOf,
    unchanged: outcomeOf,
  };

  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @InjectDataSource() private readonly db: DataSource,
  ) {}

  /** @throws Problem ticket_not_found, both for an unknown uuid and for a wrong secret */
  async read(uuid: string, secret: string): Promise<TicketSnapshot> {
    const [row] = await batchedRows<SnapshotRow>(
      this.db,
      'tickets',
      sql`SELECT ${STATUS_NOW} AS status, ${SNAPSHOT_COLUMNS} FROM ${TICKETS}
          WHERE uuid = ${uuid} AND secret_hash = ${hashOf(secret)}`,
    );
    if (!row) throw new Problem('ticket_not_found');
    return snapshotOf(row);
  }

  /**
   * A ticket that was decided by this session, or that ended before it was.
   * @throws Problem ticket_not_found, also for one that was not decided yet
   */
  private async readDecided(uuid: string, sessionId: string): Promise<TicketSnapshot> {
    const [row] = await batchedRows<SnapshotRow>(
      this.db,
      'tickets',
      sql`SELECT ${STATUS_NOW} AS status, ${SNAPSHOT_COLUMNS} FROM ${TICKETS}
          WHERE uuid = ${uuid} AND phone_session_id = ${sessionId} AND status <> ${MOVES.scan.to}`,
    );
    if (!row) throw new Problem('ticket_not_found');
    return snapshotOf(row);
  }

  /**
   * A ticket that is not over: what its QR code says. Nothing else is told without the secret.
   * @param code the one of a link that rotates
   * @throws Problem ticket_not_found, also for a code that is outdated
   */
  async readOpen(uuid: string, code: string | undefined): Promise<OpenedLink> {
    const [row] = await batchedRows<OpenedLink>(
      this.db,
      'tickets',
      sql`SELECT uuid, key_thumbprint AS "keyThumbprint", CASE WHEN rotates THEN ${code}::text END AS code FROM ${TICKETS}
          WHERE uuid = ${uuid} AND ${isAt(OPEN_STATUSES)} AND ${isCodeOf(code, this.options)}`,
    );
    if (!row) throw new Problem('ticket_not_found');
    return row;
  }

  /** The number of tickets of each status, without those that have expired. */
  countByStatus(): Promise<{ status: TicketStatus; count: number }[]> {
    return rows(
      this.db,
      sql`SELECT status, count(*)::int FROM ${TICKETS}
          WHERE decide_until > now() - interval '1 hour' AND expires_at > now() GROUP BY status`,
    );
  }

  /** The statuses of many tickets, in one query. */
  statuses(uuids: string[]): Promise<{ uuid: string; status: TicketStatus }[]> {
    return rows(this.db, sql`SELECT uuid, ${STATUS_NOW} AS status FROM ${TICKETS} WHERE uuid = ANY(${uuids})`);
  }
}

/** @param row as of now */
export function snapshotOf({
  status,
  displayName,
  avatarUrl,
  knownHere,
  number,
  reason,
  runsOutInMs,
}: SnapshotRow): TicketSnapshot {
  return {
    status,
    account: displayName === null ? undefined : { displayName, avatarUrl, knownHere },
    number: number ?? undefined,
    reason: reason ?? undefined,
    runsOutAt: OPEN_STATUSES.has(status) ? performance.now() + runsOutInMs : undefined,
  };
}

/** The response for a ticket that has changed. */
export function viewOf({ status, account, number, reason, runsOutAt }: TicketSnapshot): StatusView {
  const isShown = status === 'scanned' || status === 'confirmed';
  return {
    code: codeOf(status),
    status,
    expiresIn: secondsLeft(runsOutAt),
    ...(isShown && { account }),
    ...(status === 'scanned' && { number }),
    ...(status === 'denied' && { reason }),
  };
}

/** The response to the phone: nothing that it does not know already. */
function outcomeOf({ status, runsOutAt }: TicketSnapshot): Outcome {
  return { status: status as Outcome['status'], expiresIn: secondsLeft(runsOutAt) };
}

function secondsLeft(runsOutAt: number | undefined): number {
  return runsOutAt === undefined ? 0 : Math.max(0, Math.ceil((runsOutAt - performance.now()) / 1000));
}

/** The response for a ticket that has not changed within the wait. */
function unchangedViewOf(ticket: TicketSnapshot): StatusView {
  return { ...viewOf(ticket), code: STATUS_CODES.nothingYet };
}

function codeOf(status: TicketStatus): StatusView['code'] {
  if (status === 'pending') return STATUS_CODES.nothingYet;
  if (status === 'scanned') return STATUS_CODES.scanned;
  if (status === 'confirmed') return STATUS_CODES.confirmed;
  return STATUS_CODES.over;
}
