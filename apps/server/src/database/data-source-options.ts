import { schemaName, useSchema } from '@scan-login/nest/common';
import { KnownDevice, KnownScreen, Session, SignInFailure } from '@scan-login/nest/device-auth';
import { MIGRATIONS as LIBS, PASSWORD_ACCOUNTS_MIGRATIONS } from '@scan-login/nest/migrations';
import { PasswordAccount } from '@scan-login/nest/password-accounts';
import { Ticket } from '@scan-login/nest/qr';
import { RefreshToken, SigningKey, UsedProof } from '@scan-login/nest/token';
import type { DataSourceOptions } from 'typeorm';
import { AuditEventRow } from '../audit/audit-event.entity.js';
import { CallCount } from '../limits/call-count.entity.js';
import { inSchema } from '../../migrations/in-schema.js';
import { MIGRATIONS } from '../../migrations/index.js';

export interface DatabaseUse {
  /** Connections at most. */
  pool?: number;
  /** Whether statements are prepared, once for each connection. */
  prepare?: boolean;
  /** The schema of all tables; the same throughout the process. */
  schema?: string;
}

/** The one description of the database: for the server, the TypeORM command line (ormconfig.ts) and the tests. */
export function dataSourceOptions(
  url: string,
  { pool = 10, prepare = true, schema }: DatabaseUse = {},
): Extract<DataSourceOptions, { type: 'postgres' }> {
  if (schema !== undefined) useSchema(schema);
  return {
    type: 'postgres',
    url,
    // of the table of migrations; the entities have it by themselves
    schema: schemaName(),
    entities: [
      Ticket,
      Session,
      KnownScreen,
      SignInFailure,
      KnownDevice,
      PasswordAccount,
      SigningKey,
      RefreshToken,
      UsedProof,
      AuditEventRow,
      CallCount,
    ],
    migrations: [...MIGRATIONS.map(inSchema), ...LIBS, ...PASSWORD_ACCOUNTS_MIGRATIONS],
    migrationsTableName: 'migrations',
    // one of them is no transaction
    migrationsTransactionMode: 'each',
    // the schema is made by migrations alone
    synchronize: false,
    extra: {
      max: pool,
      // the first login after a quiet while need not wait for a connection to be made, nor statements to be prepared on it
      min: 2,
      idleTimeoutMillis: 60_000,
      prepare,
      // statements of a transaction that need not wait for each other go out together
      pipeline: true,
      // rather an error that says "try again" than a caller who waits for ever, and a connection that waits with it
      connectionTimeoutMillis: 5_000,
      lock_timeout: 5_000,
      statement_timeout: 10_000,
      // this one is ours: a database that has vanished says nothing
      query_timeout: 12_000,
      keepAlive: true,
    },
  };
}
