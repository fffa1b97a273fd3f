import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { MIGRATIONS as LIBS, PASSWORD_ACCOUNTS_MIGRATIONS } from '@scan-login/nest/migrations';
import pino from 'pino';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UsernameSkeletons1795295220000 } from '../../apps/server/migrations/1795295220000-username-skeletons.js';
import { KnownDevices1795295210000 } from '../../apps/server/migrations/1795295210000-known-devices.js';
import { MIGRATIONS } from '../../apps/server/migrations/index.js';
import { connectOnly, pendingMigrations } from '../../apps/server/src/cli/pending-migrations.js';
import { dataSourceOptions } from '../../apps/server/src/database/data-source-options.js';
import { openDataSource } from '../../apps/server/src/database/data-source.js';
import { PASSWORD, Phone, signedInPhone, signedInScreen } from '../support/actors.js';
import { startApp, startAppForTest, TEST_SECRET } from '../support/app.js';
import { catalogOf, countsOf, tablesOf } from '../support/catalog.js';
import { createDatabase, query } from '../support/database.js';
import { startServerProcess } from '../support/server-process.js';

/** A database as it was before a migration. */
async function databaseBefore(migration: (typeof MIGRATIONS)[number]): Promise<DataSource> {
  const migrations = MIGRATIONS.slice(0, MIGRATIONS.indexOf(migration));
  const url = await createDatabase({ migrated: false });
  const db = await new DataSource({ ...dataSourceOptions(url), schema: undefined, migrations }).initialize();
  onTestFinished(() => db.destroy());
  await db.runMigrations();
  return db;
}

async function apply(db: DataSource, migration: (typeof MIGRATIONS)[number]): Promise<void> {
  const runner = db.createQueryRunner();
  await new migration().up(runner);
  await runner.release();
}

/** `npx typeorm migration:run`, as in CONTRIBUTING.md. */
async function migrateByCommand(url: string): Promise<void> {
  const parameters = ['node_modules/typeorm/cli.js', 'migration:run', '-d', 'dist/ormconfig.js'];
  await promisify(execFile)(process.execPath, parameters, { env: { DATABASE_URL: url } });
}

/** All migrations of this release, the server's and the libs', in their order. */
const ALL = [...MIGRATIONS, ...LIBS, ...PASSWORD_ACCOUNTS_MIGRATIONS].map((Migration) => new Migration().name);

async function pendingIn(url: string): Promise<string[]> {
  const db = await connectOnly(url, {});
  onTestFinished(() => db.destroy());
  return pendingMigrations(db);
}

describe('a database of an earlier version', () => {
  it('gets the skeletons of its user names; of those that look alike, the oldest keeps it', async () => {
    const db = await databaseBefore(UsernameSkeletons1795295220000);
    const names = ['paypal', '\u0440\u0430\u0443\u0440\u04301', 'Ada', 'PayPa1'];
    for (const [day, name] of names.entries()) {
      await db.query(
        `INSERT INTO accounts (id, username, username_key, display_name, password_hash, created_at)
         VALUES ($1, $2, $2, $2, '', now() + make_interval(days => $3))`,
        [randomUUID(), name, -day],
      );
    }
    // twice, as after a process that died in between
    await apply(db, UsernameSkeletons1795295220000);
    await apply(db, UsernameSkeletons1795295220000);
    expect(await db.query('SELECT username, username_skeleton FROM accounts ORDER BY created_at')).toEqual([
      { username: 'PayPa1', username_skeleton: 'paypal' },
      { username: 'Ada', username_skeleton: 'ada' },
      { username: '\u0440\u0430\u0443\u0440\u04301', username_skeleton: null },
      { username: 'paypal', username_skeleton: null },
    ]);
  });

  it('keeps its known devices', async () => {
    const db = await databaseBefore(KnownDevices1795295210000);
    await db.query(`INSERT INTO sign_in_failures (key, failures) VALUES ('known', 0), ('known, with a slip', 1)`);
    await apply(db, KnownDevices1795295210000);
    const devices = await db.query(`SELECT encode(key, 'escape') AS key FROM known_devices ORDER BY 1`);
    expect(devices).toEqual([{ key: 'known' }, { key: 'known, with a slip' }]);
    expect(await db.query('SELECT FROM sign_in_failures')).toEqual([]);
  });
});

/** Tables of the last release that had them in public. */
const TABLES = [
  'accounts',
  'audit_events',
  'call_counts',
  'known_devices',
  'known_screens',
  'refresh_tokens',
  'sessions',
  'sign_in_failures',
  'signing_keys',
  'tickets',
  'used_proofs',
];

/** Tables of the present release. */
const TABLES_NOW = [...TABLES, 'passkeys'].sort();

/** Reverts what later releases have added. */
const UNDO_LATER = [
  'DROP TABLE scan_login.passkeys',
  'ALTER TABLE scan_login.known_screens DROP CONSTRAINT known_screens_pkey',
  ...['id', 'key_thumbprint', 'device_type', 'device_name', 'browser', 'os', 'network', 'place']
    .concat('first_signed_in_at', 'acknowledged_at')
    .map((column) => `ALTER TABLE scan_login.known_screens DROP COLUMN ${column}`),
  'ALTER TABLE scan_login.known_screens ADD CONSTRAINT known_screens_pkey PRIMARY KEY (account_id, device_id)',
  'ALTER TABLE scan_login.sessions DROP COLUMN screen_key',
  ...['key_thumbprint', 'rotates', 'needs_verification'].map(
    (column) => `ALTER TABLE scan_login.tickets DROP COLUMN ${column}`,
  ),
];

/** Migrates a database with the migrations of that last release alone, which put its tables in public. */
async function moveBackToPublic(url: string): Promise<void> {
  const names = MIGRATIONS.map((Migration) => `'${new Migration().name}'`).join(', ');
  const moves = [...TABLES, 'migrations'].map((table) => `ALTER TABLE scan_login.${table} SET SCHEMA public`);
  const forget = `DELETE FROM public.migrations WHERE name NOT IN (${names})`;
  await query(url, [...UNDO_LATER, ...moves, forget, 'DROP SCHEMA scan_login'].join('; '));
}

describe('a database of the last release that had its tables in public', { timeout: 60_000 }, () => {
  it('keeps everything when its tables are moved: sessions stay valid, and a login works', async () => {
    const before = await startApp();
    const phone = await signedInPhone(before.url);
    const screen = await signedInScreen(before.url, phone);
    const wrong = new Phone(before.url, phone.username);
    expect((await wrong.signIn('not the password')).status).toBe(401);
    await phone.as('GET', '/v1/account/events');
    await before.db.query(`INSERT INTO call_counts VALUES ('network call 192.0.2.1', 1, now() + interval '1 hour')`);
    await before.db.query(`INSERT INTO used_proofs VALUES ('proof', now() + interval '1 hour')`);
    await before.close();
    const url = before.databaseUrl;
    await moveBackToPublic(url);
    const counts = await countsOf(url, 'public');
    for (const table of TABLES) expect(counts[table], table).toBeGreaterThan(0);

    const after = await startAppForTest({ DATABASE_URL: url });
    const { migrations: _, passkeys: ___, ...moved } = await countsOf(url, 'scan_login');
    const { migrations: __, ...had } = counts;
    expect(moved).toEqual(had);
    expect(await tablesOf(url, 'public')).toEqual(['migrations']);
    expect(await catalogOf(url, 'scan_login')).toEqual(await catalogOf(await createDatabase(), 'scan_login'));

    expect((await phone.at(after.url).account()).status).toBe(200);
    expect((await screen.at(after.url).refresh()).status).toBe(200);
    expect((await phone.at(after.url).as('GET', '/v1/account/events')).body.events).not.toEqual([]);
    await signedInScreen(after.url, phone.at(after.url));
  });

  it('is migrated by the TypeORM command line as well', async () => {
    const url = await createDatabase();
    await moveBackToPublic(url);
    await migrateByCommand(url);
    expect(await tablesOf(url, 'scan_login')).toEqual([...TABLES_NOW, 'migrations'].sort());
    expect(await tablesOf(url, 'public')).toEqual(['migrations']);
    // once more, with nothing left to do
    await migrateByCommand(url);
  });

  it('resumes from its own version, if that is older', async () => {
    const old = await databaseBefore(KnownDevices1795295210000);
    const { url } = old.options as { url: string };
    await query(url, `INSERT INTO public.sign_in_failures (key) VALUES ('known')`);
    // another application's; ours of this name is made by a pending migration
    await query(url, 'CREATE TABLE public.known_devices (id int)');
    await (await openDataSource(url, {}, pino({ level: 'silent' }))).destroy();
    expect(await catalogOf(url, 'scan_login')).toEqual(await catalogOf(await createDatabase(), 'scan_login'));
    expect(await query(url, 'SELECT count(*)::int FROM scan_login.known_devices')).toEqual([{ count: 1 }]);
    expect(await tablesOf(url, 'public')).toEqual(['known_devices', 'migrations']);
  });

  it('lacks the migrations of this release alone, and none of its own', async () => {
    const url = await createDatabase();
    await moveBackToPublic(url);
    const pending = await pendingIn(url);
    expect(pending.length).toBeGreaterThan(0);
    expect(pending).toEqual(ALL.slice(MIGRATIONS.length));
  });

  it('lacks them all once its tables were moved into a schema of another name', async () => {
    const url = await createDatabase();
    await moveBackToPublic(url);
    const moves = TABLES.map((table) => `ALTER TABLE public.${table} SET SCHEMA elsewhere`);
    await query(url, ['CREATE SCHEMA elsewhere', ...moves].join('; '));
    expect(await pendingIn(url)).toEqual(ALL);
    // as the next start sees it, too
    await (await openDataSource(url, {}, pino({ level: 'silent' }))).destroy();
    expect(await pendingIn(url)).toEqual([]);
    expect(await tablesOf(url, 'elsewhere')).toEqual(TABLES);
  });

  it('is not taken for an empty one by an instance of that release that is started by mistake', async () => {
    const url = await createDatabase();
    await moveBackToPublic(url);
    await (await openDataSource(url, {}, pino({ level: 'silent' }))).destroy();
    const options = { ...dataSourceOptions(url), schema: undefined, migrations: MIGRATIONS };
    const old = await new DataSource(options).initialize();
    onTestFinished(() => old.destroy());
    expect(await old.runMigrations()).toEqual([]);
  });
});

describe('a database with tables of another application', { timeout: 60_000 }, () => {
  it('keeps them as they are, even if they have the names of ours', async () => {
    const url = await createDatabase({ migrated: false });
    // of TypeORM, as made by the other application's DataSource
    await query(
      url,
      `CREATE TABLE public.migrations (id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL);
       INSERT INTO public.migrations ("timestamp", name) VALUES (1, 'Orders1');
       ${TABLES.map((table) => `CREATE TABLE public.${table} (of_the_shop int); INSERT INTO public.${table} VALUES (1)`).join(';')}`,
    );
    const before = [await catalogOf(url, 'public'), await countsOf(url, 'public')];

    const server = await startAppForTest({ DATABASE_URL: url, SESSIONS_PER_DEVICE_TYPE: '1' });
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    expect((await screen.refresh()).status).toBe(200);
    expect((await screen.sessions()).body.sessions).toHaveLength(1);
    expect((await phone.as('GET', '/v1/account/events')).body.events).not.toEqual([]);
    expect((await phone.as('POST', '/v1/account/password', { current: PASSWORD, new: `${PASSWORD}!` })).status).toBe(
      204,
    );
    expect((await phone.signOut()).status).toBe(204);
    expect([await catalogOf(url, 'public'), await countsOf(url, 'public')]).toEqual(before);
    expect(await tablesOf(url, 'scan_login')).toEqual([...TABLES_NOW, 'migrations'].sort());
  });

  it('keeps a migrations table of another kind', async () => {
    const url = await createDatabase({ migrated: false });
    await query(url, `CREATE TABLE public.migrations (version text); INSERT INTO public.migrations VALUES ('1')`);
    await startAppForTest({ DATABASE_URL: url });
    expect(await query(url, 'SELECT version FROM public.migrations')).toEqual([{ version: '1' }]);
  });
});

describe('a schema of another name', { timeout: 60_000 }, () => {
  it('has all tables, and a login works there', async () => {
    const url = await createDatabase({ migrated: false });
    const environment = { DATABASE_URL: url, DATABASE_SCHEMA: 'logins', APP_SECRET: TEST_SECRET };
    const server = await startServerProcess(environment);
    onTestFinished(() => void server.stop());
    await signedInScreen(server.url, await signedInPhone(server.url));
    expect(await tablesOf(url, 'logins')).toEqual([...TABLES_NOW, 'migrations'].sort());
    expect(await tablesOf(url, 'scan_login')).toEqual([]);
    expect(await tablesOf(url, 'public')).toEqual([]);
    expect(await catalogOf(url, 'logins')).toEqual(await catalogOf(await createDatabase(), 'scan_login'));
  });

  it('may be public, where the tables of earlier releases then stay', async () => {
    const url = await createDatabase();
    await moveBackToPublic(url);
    const server = await startServerProcess({ DATABASE_URL: url, DATABASE_SCHEMA: 'public', APP_SECRET: TEST_SECRET });
    onTestFinished(() => void server.stop());
    await signedInScreen(server.url, await signedInPhone(server.url));
    expect(await tablesOf(url, 'public')).toEqual([...TABLES_NOW, 'migrations'].sort());
  });
});
