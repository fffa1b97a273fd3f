import { rows, schemaName, sql, useSchema } from '@scan-login/nest/common';
import { DeviceAuthModule } from '@scan-login/nest/device-auth';
import { ensureSchema, MIGRATIONS, PASSWORD_ACCOUNTS_MIGRATIONS } from '@scan-login/nest/migrations';
import { PasswordAccounts, PasswordAccountsModule } from '@scan-login/nest/password-accounts';
import { QrModule } from '@scan-login/nest/qr';
import { SignalModule } from '@scan-login/nest/signal';
import { TokenModule } from '@scan-login/nest/token';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AuditEventRow } from '../../apps/server/src/audit/audit-event.entity.js';
import { readConfig } from '../../apps/server/src/config.js';
import { dataSourceOptions } from '../../apps/server/src/database/data-source-options.js';
import { CallCount } from '../../apps/server/src/limits/call-count.entity.js';
import { catalogOf, tablesOf } from '../support/catalog.js';
import { createDatabase, query } from '../support/database.js';

/** The server's own migrations, which no other application has. */
const OF_THE_SERVER = /^(audit_events|call_counts) /;

type Mode = 'all' | 'each' | 'none';

/** A database of an application that imports the modules. */
async function databaseOfHost(migrations: (typeof MIGRATIONS)[number][], mode: Mode = 'all'): Promise<string> {
  const url = await createDatabase({ migrated: false });
  const db = new DataSource({ type: 'postgres', url, migrations, migrationsTransactionMode: mode });
  await db.initialize();
  await db.runMigrations();
  await db.destroy();
  return url;
}

/** Starts such an application on a database, and stops it. */
async function startHost(url: string): Promise<void> {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, retryAttempts: 0 }),
      SignalModule.forRoot({ kind: 'memory' }),
      TokenModule.forRoot({ secret: 'a secret of this application alone' }),
      DeviceAuthModule.forRoot({ publicUrl: 'https://shop.test', accounts: { useExisting: PasswordAccounts } }),
      PasswordAccountsModule,
      QrModule.forRoot(),
    ],
  })
  class ShopModule {}
  const app = await NestFactory.createApplicationContext(ShopModule, { logger: false, abortOnError: false });
  await app.close();
}

describe('the migrations for an application that imports the modules', () => {
  it.each(['all', 'each', 'none'] as const)(
    'make exactly the tables that the server has, in transaction mode %s',
    async (mode) => {
      const host = await databaseOfHost([...MIGRATIONS, ...PASSWORD_ACCOUNTS_MIGRATIONS], mode);
      const server = await catalogOf(await createDatabase(), 'scan_login');
      const ofLibs = server.filter((line) => !OF_THE_SERVER.test(line));
      expect(ofLibs.length).toBeGreaterThan(100);
      expect(await catalogOf(host, 'scan_login')).toEqual(ofLibs);
      expect(await tablesOf(host, 'public')).toEqual(['migrations']);
    },
  );

  it('make a table of accounts only where requested', async () => {
    const tables = await tablesOf(await databaseOfHost(MIGRATIONS), 'scan_login');
    expect(tables).toContain('sessions');
    expect(tables).not.toContain('accounts');
  });

  it('name the privilege that the database role lacks when it may not create the schema', async () => {
    const url = new URL(await createDatabase({ migrated: false }));
    const server = new URL('/postgres', url).href;
    const role = `poor_${url.pathname.slice(1)}`;
    await query(url.href, `CREATE ROLE ${role} LOGIN PASSWORD 'poor'`);
    onTestFinished(async () => void (await query(server, `DROP ROLE ${role}`)));
    Object.assign(url, { username: role, password: 'poor' });
    const db = await new DataSource({ type: 'postgres', url: url.href, migrations: MIGRATIONS }).initialize();
    onTestFinished(() => db.destroy());
    await expect(ensureSchema(db.manager)).rejects.toThrow(
      "The database's role may not make the schema scan_login: GRANT CREATE ON DATABASE",
    );
  });

  it('change nothing in a database that the server has migrated', async () => {
    const url = await createDatabase();
    const before = await catalogOf(url, 'scan_login');
    const migrations = [...MIGRATIONS, ...PASSWORD_ACCOUNTS_MIGRATIONS];
    const db = await new DataSource({ type: 'postgres', url, schema: 'public', migrations }).initialize();
    onTestFinished(() => db.destroy());
    expect(await db.runMigrations()).toHaveLength(migrations.length);
    expect(await catalogOf(url, 'scan_login')).toEqual(before);
  });

  it('leave nothing to do for migration:generate, nor for synchronize', async () => {
    const url = await createDatabase({ migrated: false });
    const entities = dataSourceOptions(url).entities as (new () => object)[];
    const ofLibs = entities.filter((entity) => entity !== AuditEventRow && entity !== CallCount);
    const migrations = [...MIGRATIONS, ...PASSWORD_ACCOUNTS_MIGRATIONS];
    const options = { type: 'postgres', url, migrations, migrationsRun: true, synchronize: true } as const;
    const db = await new DataSource({ ...options, entities: ofLibs }).initialize();
    onTestFinished(() => db.destroy());
    expect((await db.driver.createSchemaBuilder().log()).upQueries).toEqual([]);
    const ofServer = await catalogOf(await createDatabase(), 'scan_login');
    expect(await catalogOf(url, 'scan_login')).toEqual(ofServer.filter((line) => !OF_THE_SERVER.test(line)));
  });

  it('are not reverted, since that would drop all sessions', async () => {
    const url = await databaseOfHost(MIGRATIONS);
    const db = await new DataSource({ type: 'postgres', url, migrations: MIGRATIONS }).initialize();
    onTestFinished(() => db.destroy());
    for (const Migration of MIGRATIONS) {
      await expect(new Migration().down(), Migration.name).rejects.toThrow('DROP SCHEMA "scan_login" CASCADE');
    }
    await expect(db.undoLastMigration()).rejects.toThrow('DROP SCHEMA "scan_login" CASCADE');
    expect(await tablesOf(url, 'scan_login')).toContain('sessions');
  });
});

describe('an application on a database', () => {
  it('starts where the migrations have run', async () => {
    await startHost(await databaseOfHost([...MIGRATIONS, ...PASSWORD_ACCOUNTS_MIGRATIONS]));
  });

  it('does not start where no migration has run, and says what to do', async () => {
    await expect(startHost(await createDatabase({ migrated: false }))).rejects.toThrow(
      /^The tables of @scan-login\/nest are missing or older than this version \(schema scan_login, missing: accounts, known_devices, .*\)\. Add MIGRATIONS of @scan-login\/nest\/migrations to the migrations of your DataSource/,
    );
  });

  it('does not start where the table of password accounts was forgotten, and names it', async () => {
    await expect(startHost(await databaseOfHost(MIGRATIONS))).rejects.toThrow(
      /missing: accounts\).*PASSWORD_ACCOUNTS_MIGRATIONS/,
    );
  });

  it('does not start where its tables are older, and names the columns', async () => {
    const url = await databaseOfHost([...MIGRATIONS, ...PASSWORD_ACCOUNTS_MIGRATIONS]);
    await query(url, 'ALTER TABLE sessions DROP COLUMN generation, DROP COLUMN began_by');
    await expect(startHost(url)).rejects.toThrow('missing: sessions.began_by, sessions.generation)');
  });
});

describe('the schema of the tables', () => {
  it('must have a plain name', () => {
    for (const name of ['', 'Logins', '1st', 'pg_logins', 'information_schema', 'a-b', 'a"b', 'a'.repeat(64)]) {
      expect(() => useSchema(name), name).toThrow('Not a name for the schema');
    }
  });

  it('cannot be changed once it was used', () => {
    expect(schemaName()).toBe('scan_login');
    expect(() => useSchema('scan_login')).not.toThrow();
    expect(() => readConfig({ DATABASE_SCHEMA: 'Logins' })).toThrow('DATABASE_SCHEMA');
    expect(() => useSchema('logins')).toThrow('The schema of our tables is scan_login already, it cannot be logins');
  });
});

describe("the libs' statements", () => {
  it('are prepared once for each connection, whatever their values are', async () => {
    const extra = { max: 1 };
    const db = await new DataSource({ type: 'postgres', url: await createDatabase(), extra }).initialize();
    onTestFinished(() => db.destroy());
    for (const number of [1, 2, 3]) await rows(db, sql`SELECT ${number}::int AS prepared`);
    const prepared = await rows<{ statement: string }>(
      db,
      sql`SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%AS prepared'`,
    );
    expect(prepared).toEqual([{ statement: 'SELECT $1::int AS prepared' }]);
  });
});
