import { Global, Injectable, Logger, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Subscription } from 'rxjs';
import sql from 'sql-template-tag';
import { DataSource } from 'typeorm';
import { repeat } from '../repeat.js';
import { explained } from '../missing-modules.js';
import { rows } from './rows.js';

const COMPARE_MS = 60_000;
/** Logged as a warning: logs and other programs on this machine are off by the same amount. */
const FAR_OFF_MS = 5_000;

/**
 * The database's time, for decisions outside SQL such as the claims of tokens. With it, instances whose own clocks
 * differ agree on what has expired. Rows expire by `now()` in SQL.
 */
@Injectable()
export class Clock implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Clock');
  /** Added to `performance.now()`, which never goes backward. */
  private offset = Date.now() - performance.now();
  private comparing?: Subscription;

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  async onModuleInit(): Promise<void> {
    await this.compare();
    const offBy = Math.round(Date.now() - this.now());
    if (Math.abs(offBy) > FAR_OFF_MS) this.logger.warn({ event: 'clock.off', ms: offBy });
    this.comparing = repeat(COMPARE_MS, () => this.compare(), { logger: this.logger, event: 'clock.alone' });
  }

  onModuleDestroy(): void {
    this.comparing?.unsubscribe();
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return performance.now() + this.offset;
  }

  private async compare(): Promise<void> {
    const asked = performance.now();
    const [row] = await rows<{ ms: number }>(
      this.db,
      sql`SELECT extract(epoch FROM clock_timestamp())::float * 1000 AS ms`,
    );
    this.offset = row!.ms - (asked + performance.now()) / 2;
  }
}

/** Imported by every lib that needs the time. */
@Global()
@Module({ providers: explained('TokenModule', [Clock]), exports: [Clock] })
export class ClockModule {}
