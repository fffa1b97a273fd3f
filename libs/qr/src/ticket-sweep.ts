import { startSweeping } from '@scan-login/nest/common';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';

/** A ticket that is over is kept for a while, so that a late call still learns how it ended. */
const TICKETS = {
  table: 'tickets',
  key: 'uuid',
  past: `decide_until < now() - interval '10 minutes' AND expires_at < now() - interval '10 minutes'`,
  order: 'decide_until',
  every: 5,
};

@Injectable()
export class TicketSweep implements OnModuleInit, OnModuleDestroy {
  private sweeping?: Subscription;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  onModuleInit(): void {
    this.sweeping = startSweeping(this.db, TICKETS);
  }

  onModuleDestroy(): void {
    this.sweeping?.unsubscribe();
  }
}
