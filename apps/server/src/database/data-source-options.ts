import { PasswordAccount, Session, SignInFailure } from '#libs/device-auth';
import { Ticket } from '#libs/qr';
import { RefreshToken, SigningKey, UsedProof } from '#libs/token';
import type { Pool } from 'pg';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { AuditEventRow } from '../audit/audit-event.entity.js';
import { CallCount } from '../limits/call-count.entity.js';
import { MIGRATIONS } from '../../migrations/index.js';

/** The one description of the database: for the server, the TypeORM command line (ormconfig.ts) and the tests. */
export function dataSourceOptions(url: string, pool = 10): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    entities: [
      Ticket,
      Session,
      SignInFailure,
      PasswordAccount,
      SigningKey,
      RefreshToken,
      UsedProof,
      AuditEventRow,
      CallCount,
    ],
    migrations: MIGRATIONS,
    migrationsTableName: 'migrations',
    // the schema is made by migrations alone
    synchronize: false,
    extra: {
      max: pool,
      // rather an error that says "try again" than a caller who waits for ever
      connectionTimeoutMillis: 5_000,
      statement_timeout: 10_000,
      keepAlive: true,
    },
  };
}

/** TypeORM keeps pg's pool, and says nothing of it. */
export function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as { master: Pool }).master;
}
