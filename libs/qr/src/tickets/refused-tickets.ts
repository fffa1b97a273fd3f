import { batchedRows, sql } from '@scan-login/nest/common';
import { AccountChanges, type Refusal } from '@scan-login/nest/device-auth';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { TICKETS } from './ticket.entity.js';

/** Finds the tickets of which phones said `not_me`, for the notices of their account. */
@Injectable()
export class RefusedTickets implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly changes: AccountChanges,
  ) {}

  onModuleInit(): void {
    this.changes.onRefusals((sessionIds) => this.find(sessionIds));
  }

  private find(sessionIds: readonly string[]): Promise<Refusal[]> {
    return batchedRows<Refusal>(
      this.db,
      'tickets',
      sql`SELECT uuid, phone_session_id AS "sessionId" FROM ${TICKETS}
          WHERE phone_session_id = ANY(${sessionIds}::uuid[]) AND status = 'denied' AND deny_reason = 'not_me'`,
    );
  }
}
