import { rows, sql } from '@scan-login/nest/common';
import type { DataSource } from 'typeorm';
import type { Config } from '../../config.js';
import { embeddedDirectory } from '../../database/database-home.js';
import { DatabaseRefusal } from '../../database/database-refusal.js';
import { reasonOf } from '../../reason-of.js';
import { pendingMigrations } from '../pending-migrations.js';
import { fail, type Finding, ok, warn } from './check.js';

const LEAST_VERSION = 140_000;
const CLOCK_LIMIT_S = 5;

export function unreachable(config: Config, error: unknown): Finding {
  if (error instanceof DatabaseRefusal) return fail(`The database cannot be used: ${error.reason}`, error.advice);
  const message = `The database cannot be used: ${reasonOf(error)}`;
  if (!config.DATABASE_URL) {
    return fail(
      message,
      `See ${embeddedDirectory(config)}/postgres.log, or set DATABASE_URL to a PostgreSQL of your own`,
    );
  }
  return fail(
    message,
    'Correct host and port in DATABASE_URL, and check that PostgreSQL runs there and can be reached',
  );
}

export async function checkDatabase(dataSource: DataSource): Promise<Finding> {
  const [row] = await rows<{ version: string; number: number; isReadOnly: boolean }>(
    dataSource,
    sql`SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
            current_setting('transaction_read_only')::boolean AS "isReadOnly"`,
  );
  const { version, number, isReadOnly } = row!;
  if (number < LEAST_VERSION) return fail(`PostgreSQL ${version} is too old`, 'Use PostgreSQL 14 or newer');
  if (isReadOnly) {
    return fail(`PostgreSQL ${version} is read-only`, 'Set DATABASE_URL to the primary, not to a standby');
  }
  return ok(`PostgreSQL ${version} responds and accepts writes`);
}

/** The server runs pending migrations when it starts, so they are only a warning. */
export async function checkSchema(dataSource: DataSource): Promise<Finding> {
  const pending = await pendingMigrations(dataSource);
  const count = `${pending.length} of ${dataSource.migrations.length} migrations`;
  if (pending.length === 0) return ok('All migrations have run');
  return warn(`${count} have not run yet`, 'Run "scan-login migrate", or start the server, which runs them');
}

/** Logins go by the database's clock. A wrong clock of this machine affects logs and certificates. */
export async function checkClock(dataSource: DataSource): Promise<Finding> {
  const before = Date.now();
  const [row] = await rows<{ ms: number }>(
    dataSource,
    sql`SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms`,
  );
  const apart = Math.abs(row!.ms - (before + Date.now()) / 2) / 1000;
  if (apart <= CLOCK_LIMIT_S) return ok(`The clocks of this machine and of the database agree to ${CLOCK_LIMIT_S} s`);
  return warn(
    `The clocks of this machine and of the database are ${Math.round(apart)} s apart`,
    'Synchronize both with NTP. Logins use the clock of the database; logs and certificates use the clock of this machine',
  );
}
