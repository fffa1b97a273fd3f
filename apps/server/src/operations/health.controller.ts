import { Auth, Problem } from '#libs/common';
import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Draining } from '../http/draining.js';

/** For whoever runs the server. Not part of the API. */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly draining: Draining,
  ) {}

  /** The process is alive. */
  @Get('livez')
  @Auth('public')
  live() {
    return { status: 'ok' };
  }

  /** Calls may be sent here: the database answers, its schema is up to date (it is before we listen), we stay. */
  @Get('readyz')
  @Auth('public')
  async ready() {
    if (this.draining.isDraining) throw new Problem('unavailable', { detail: 'The server is going down' });
    await this.db.query('SELECT 1');
    return { status: 'ok' };
  }
}
