import { Auth, Limited, Problem, rows, sql } from '@scan-login/nest/common';
import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Draining } from '../http/draining.js';

const CACHE_MS = 100;

/** For operators and load balancers. Not part of the API. */
@ApiExcludeController()
@Controller()
export class HealthController {
  private query?: Promise<boolean>;

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

  /**
   * Calls may be sent here: the database accepts writes, and the server is not shutting down. The schema is migrated
   * before listening.
   */
  @Get('readyz')
  @Auth('public')
  @Limited('probe')
  async ready() {
    if (this.draining.isDraining) throw new Problem('unavailable', { detail: 'The server is going down' });
    if (await this.isReadOnly()) throw new Problem('unavailable', { detail: 'The database takes no writes' });
    return { status: 'ok' };
  }

  /** Probes are never limited, so this must be cheap: one statement at a time, whose result is kept for a moment. */
  private isReadOnly(): Promise<boolean> {
    this.query ??= this.queryReadOnly().finally(() => setTimeout(() => (this.query = undefined), CACHE_MS).unref());
    return this.query;
  }

  private async queryReadOnly(): Promise<boolean> {
    const [row] = await rows<{ isReadOnly: boolean }>(
      this.db,
      sql`SELECT current_setting('transaction_read_only')::boolean AS "isReadOnly"`,
    );
    return row!.isReadOnly;
  }
}
