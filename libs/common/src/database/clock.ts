import { Global, Injectable, Logger, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Subscription } from 'rxjs';
import sql from 'sql-template-tag';
import { DataSource } from 'typeorm';
import { repeat } from '../repeat.js';
import { explained } from '../siblings.js';
import { rows } from './rows.js';

const COMPARE_MS = 60_000;
/** Worth a warning: logs and other programs of this machine are off by as much. */
const FAR_OFF_MS = 5_000;

/**
 * The time where SQL cannot decide it, as in the claims of tokens: the database's all the same, so that instances whose
 * own clocks differ agree on what has expired. Whatever lives in a row expires by the database's `now()` itself.
 */
@Injectable()
export class Clock implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Clock');
  /** What to add to the process' own time, which only ever goes forward. */
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

/** Brought along by every lib that asks for the time. */
@Global()
@Module({ providers: explained('TokenModule', [Clock]), exports: [Clock] })
export class ClockModule {}
