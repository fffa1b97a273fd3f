import { Auth, Limited, Problem, rows, sql } from '@scan-login/nest/common';
import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Draining } from '../http/draining.js';

const COUNTS_MS = 100;

/** For whoever runs the server. Not part of the API. */
@ApiExcludeController()
@Controller()
export class HealthController {
  private asked?: Promise<boolean>;

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly draining: Draining,
  ) {}

  /** The process is alive. */
  @Get('livez')
  @Auth('public')
  @Limited('probe')
  live() {
    return { status: 'ok' };
  }

  /** Calls may be sent here: the database answers and takes writes, its schema is up to date (it is before we listen), we stay. */
  @Get('readyz')
  @Auth('public')
  @Limited('probe')
  async ready() {
    if (this.draining.isDraining) throw new Problem('unavailable', { detail: 'The server is going down' });
    if (await this.isReadOnly()) throw new Problem('unavailable', { detail: 'The database takes no writes' });
    return { status: 'ok' };
  }

  /** Never limited, so it must be cheap: one statement at a time, whose answer counts for a moment. */
  private isReadOnly(): Promise<boolean> {
    this.asked ??= this.ask().finally(() => setTimeout(() => (this.asked = undefined), COUNTS_MS).unref());
    return this.asked;
  }

  private async ask(): Promise<boolean> {
    const [row] = await rows<{ isReadOnly: boolean }>(
      this.db,
      sql`SELECT current_setting('transaction_read_only')::boolean AS "isReadOnly"`,
    );
    return row!.isReadOnly;
  }
}
