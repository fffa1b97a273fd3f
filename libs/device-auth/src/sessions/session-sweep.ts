import { startSweeping } from '@scan-login/nest/common';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';

/**
 * For so long a device that comes back is told why its session ended. Its refresh tokens go with it: to look for tokens
 * without a session would be to read both tables from end to end, every time.
 */
const SESSIONS = {
  table: 'sessions',
  key: 'id',
  past: `ended_at < now() - interval '7 days' OR expires_at < now() - interval '7 days'`,
  along: 'DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM past)',
  every: 60,
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
