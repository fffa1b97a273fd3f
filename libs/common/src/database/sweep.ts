import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnModuleDestroy,
  type OnModuleInit,
  Optional,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Subscription } from 'rxjs';
import sql, { empty, type Sql } from 'sql-template-tag';
import { DataSource } from 'typeorm';
import { repeat } from '../repeat.js';
import { rows } from './rows.js';
import type { Table } from './table.js';
import { transaction } from './transaction.js';

/** Rows a transaction: few enough that no request waits for it. */
const BATCH = 1_000;
const PAUSE_MS = 20;

/** Which rows of a table are removed once they have expired. */
export interface Sweep {
  table: Table;
  /** Its primary key. */
  key: Sql;
  /** Condition for expired rows. An index should find them. */
  past: Sql;
  /** The order of that index. */
  order?: Sql;
  /** A statement that removes what depends on the rows; `SELECT … FROM past` has the keys of the batch. */
  along?: () => Sql;
  /** Interval in seconds. */
  every: number;
}

const SWEEPS = Symbol('Sweeps');

/** Removes expired rows in small batches while the application runs. */
@Module({})
export class SweepModule implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Sweep');
  private readonly sweeping = new Subscription();

  constructor(
    // optional, because where there is none the module that imports this says so
    @Optional() @InjectDataSource() private readonly db: DataSource,
    @Inject(SWEEPS) private readonly sweeps: Sweep[],
  ) {}

  static of(...sweeps: Sweep[]): DynamicModule {
    return { module: SweepModule, providers: [{ provide: SWEEPS, useValue: sweeps }] };
  }

  onModuleInit(): void {
    for (const sweep of this.sweeps) this.sweeping.add(this.start(sweep));
  }

  onModuleDestroy(): void {
    this.sweeping.unsubscribe();
  }

  private start(sweep: Sweep): Subscription {
    const { tableName: table } = sweep.table;
    const run = async (stopping: AbortSignal) => {
      let removed = 0;
      for (let some = BATCH; some === BATCH && !stopping.aborted; await sleep(PAUSE_MS)) {
        removed += some = await this.removeBatch(sweep);
      }
      if (removed > 0) this.logger.debug({ event: 'swept', table, removed });
    };
    const logger = { warn: (line: object) => this.logger.warn({ ...line, table }) };
    return repeat(sweep.every * 1000, run, { logger, event: 'sweep.failed', atOnce: true });
  }

  private removeBatch({ table, key, past, order, along }: Sweep): Promise<number> {
    const remove = sql`
      WITH past AS (
        SELECT ${key} FROM ${table} WHERE ${past} ${order ? sql`ORDER BY ${order}` : empty} LIMIT ${BATCH}
        FOR UPDATE SKIP LOCKED
      )${along ? sql`, along AS (${along()})` : empty}
      DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM past) RETURNING ${key}`;
    return transaction(this.db, async (tx) => {
      // one instance sweeps at a time. The lock is that of the statement: a table may have several sweeps
      const lock = sql`SELECT pg_try_advisory_xact_lock(hashtextextended(${remove.text}, 0)) AS "isMine"`;
      const [{ isMine } = {}] = await rows<{ isMine?: boolean }>(tx, lock);
      return isMine ? (await rows(tx, remove)).length : 0;
    });
  }
}
