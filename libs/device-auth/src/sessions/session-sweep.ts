import { startSweeping } from '#libs/common';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';

/**
 * For so long a device that comes back is told why its session ended. Its refresh tokens go with it: to look for tokens
 * without a session would be to read both tables from end to end, every time.
 */
const SESSIONS = {
  name: 'sessions',
  lock: 7_310_011,
  every: 60,
  sql: `WITH over AS (
          SELECT id FROM sessions
          WHERE ended_at < now() - interval '7 days' OR expires_at < now() - interval '7 days'
          LIMIT $1 FOR UPDATE SKIP LOCKED
        ), tokens AS (
          DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM over)
        )
        DELETE FROM sessions WHERE id IN (SELECT id FROM over) RETURNING id`,
};

@Injectable()
export class SessionSweep implements OnModuleInit, OnModuleDestroy {
  private sweeping?: Subscription;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  onModuleInit(): void {
    this.sweeping = startSweeping(this.db, SESSIONS);
  }

  onModuleDestroy(): void {
    this.sweeping?.unsubscribe();
  }
}
