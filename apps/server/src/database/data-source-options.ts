import { schemaName, useSchema } from '@scan-login/nest/common';
import { KnownDevice, KnownScreen, Session, SignInFailure } from '@scan-login/nest/device-auth';
import { MIGRATIONS as LIBS, PASSWORD_ACCOUNTS_MIGRATIONS } from '@scan-login/nest/migrations';
import { Passkey } from '@scan-login/nest/passkeys';
import { PasswordAccount } from '@scan-login/nest/password-accounts';
import { Ticket } from '@scan-login/nest/qr';
import { RefreshToken, SigningKey, UsedProof } from '@scan-login/nest/token';
import type { DataSourceOptions } from 'typeorm';
import { AuditEventRow } from '../audit/audit-event.entity.js';
import { CallCount } from '../limits/call-count.entity.js';
import { inSchema } from '../../migrations/in-schema.js';
import { MIGRATIONS } from '../../migrations/index.js';

export interface DatabaseUse {
  /** Maximum number of connections. */
  pool?: number;
  /** Whether statements are prepared, once per connection. */
  prepare?: boolean;
  /** The schema of all tables; the same throughout the process. */
  schema?: string;
}

/** Options of the database for the server, the TypeORM command line (ormconfig.ts) and the tests. */
export function dataSourceOptions(
  url: string,
  { pool = 10, prepare = true, schema }: DatabaseUse = {},
): Extract<DataSourceOptions, { type: 'postgres' }> {
  if (schema !== undefined) useSchema(schema);
  return {
    type: 'postgres',
    url,
    // the schema of the migrations table; entities have their own
    schema: schemaName(),
    entities: [
      Ticket,
      Session,
      KnownScreen,
      SignInFailure,
      KnownDevice,
      PasswordAccount,
      Passkey,
      SigningKey,
      RefreshToken,
      UsedProof,
      AuditEventRow,
      CallCount,
    ],
    migrations: [...MIGRATIONS.map(inSchema), ...LIBS, ...PASSWORD_ACCOUNTS_MIGRATIONS],
    migrationsTableName: 'migrations',
    // one migration cannot run in a transaction
    migrationsTransactionMode: 'each',
    // only migrations change the schema
    synchronize: false,
    extra: {
      max: pool,
      // after an idle time the first login finds a connection with its statements prepared
      min: 2,
      idleTimeoutMillis: 60_000,
      prepare,
      // independent statements of a transaction are sent together
      pipeline: true,
      // time limits: an error that says "try again" is better than a call and a connection that hang
      connectionTimeoutMillis: 5_000,
      lock_timeout: 5_000,
      statement_timeout: 10_000,
      // enforced by pg in this process, because a database that is gone sends no error
      query_timeout: 12_000,
      keepAlive: true,
    },
  };
}
