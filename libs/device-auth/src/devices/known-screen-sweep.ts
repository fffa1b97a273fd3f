import { startSweeping } from '@scan-login/nest/common';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';
import { IS_FORGOTTEN } from './known-screen.entity.js';

const KNOWN_SCREENS = {
  table: 'known_screens',
  // the primary key has two columns; the rows of a batch are locked, so that they stay where they are
  key: 'ctid',
  past: IS_FORGOTTEN,
  every: 300,
};

@Injectable()
export class KnownScreenSweep implements OnModuleInit, OnModuleDestroy {
  private sweeping?: Subscription;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  onModuleInit(): void {
    this.sweeping = startSweeping(this.db, KNOWN_SCREENS);
  }

  onModuleDestroy(): void {
    this.sweeping?.unsubscribe();
  }
}
