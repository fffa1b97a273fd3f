import { startSweeping } from '#libs/common';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';

/** For so long a device that comes back is told why its session ended. */
const SESSIONS = {
  name: 'sessions',
  lock: 7_310_011,
  every: 60,
  sql: `DELETE FROM sessions WHERE id IN (
          SELECT id FROM sessions
          WHERE ended_at < now() - interval '7 days' OR expires_at < now() - interval '7 days'
          LIMIT $1 FOR UPDATE SKIP LOCKED
        ) RETURNING id`,
};

/** Nothing but their session gives them a meaning. */
const REFRESH_TOKENS = {
  name: 'refresh tokens',
  lock: 7_310_012,
  every: 60,
  sql: `DELETE FROM refresh_tokens WHERE hash IN (
          SELECT hash FROM refresh_tokens AS token
          WHERE NOT EXISTS (SELECT FROM sessions WHERE id = token.session_id)
            AND created_at < now() - interval '1 hour'
          LIMIT $1 FOR UPDATE SKIP LOCKED
        ) RETURNING hash`,
};

@Injectable()
export class SessionSweep implements OnModuleInit, OnModuleDestroy {
  private readonly sweeping = new Subscription();

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  onModuleInit(): void {
    for (const sweep of [SESSIONS, REFRESH_TOKENS]) this.sweeping.add(startSweeping(this.db, sweep));
  }

  onModuleDestroy(): void {
    this.sweeping.unsubscribe();
  }
}
