import { rows, sql, type Transaction } from '@scan-login/nest/common';
import { SessionEndings } from '@scan-login/nest/device-auth';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SNAPSHOT_COLUMNS, type SnapshotRow } from '../../waiting/ticket-reader.js';
import { TICKETS } from '../ticket.entity.js';
import { isAt, MOVES } from '../ticket.moves.js';
import { TicketNews } from './ticket-news.js';

type Orphaned = SnapshotRow & { uuid: string; sessionId: string; accountId: string };

/** When a session ends, cancels the tickets that it has scanned or confirmed and that were not redeemed. */
@Injectable()
export class OrphanedTickets implements OnModuleInit {
  constructor(
    private readonly endings: SessionEndings,
    private readonly news: TicketNews,
  ) {}

  onModuleInit(): void {
    this.endings.onEnding((tx, sessionIds, why) => this.cancelAllOf(tx, sessionIds, why));
  }

  private async cancelAllOf(tx: Transaction, sessionIds: readonly string[], reason: string): Promise<void> {
    const cancelled = await rows<Orphaned>(
      tx,
      sql`UPDATE ${TICKETS} SET status = ${MOVES.orphan.to}
          WHERE phone_session_id = ANY(${sessionIds}) AND ${isAt(MOVES.orphan.from)}
          RETURNING status, ${SNAPSHOT_COLUMNS}, uuid, phone_session_id AS "sessionId", account_id AS "accountId"`,
    );
    tx.afterCommit(() => {
      for (const { uuid, sessionId, accountId, ...row } of cancelled) {
        this.news.moved({ event: 'ticket.cancelled', uuid, sessionId, accountId, detail: { reason } }, row);
      }
    });
  }
}
