import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UsernameSkeletons1795295220000 } from '../../apps/server/migrations/1795295220000-username-skeletons.js';
import { KnownDevices1795295210000 } from '../../apps/server/migrations/1795295210000-known-devices.js';
import { MIGRATIONS } from '../../apps/server/migrations/index.js';
import { dataSourceOptions } from '../../apps/server/src/database/data-source-options.js';
import { createDatabase } from '../support/database.js';

/** A database as it was before a migration. */
async function databaseBefore(migration: (typeof MIGRATIONS)[number]): Promise<DataSource> {
  const migrations = MIGRATIONS.slice(0, MIGRATIONS.indexOf(migration));
  const url = await createDatabase({ migrated: false });
  const db = await new DataSource({ ...dataSourceOptions(url), migrations }).initialize();
  onTestFinished(() => db.destroy());
  await db.runMigrations();
  return db;
}

async function apply(db: DataSource, migration: (typeof MIGRATIONS)[number]): Promise<void> {
  const runner = db.createQueryRunner();
  await new migration().up(runner);
  await runner.release();
}

describe('a database of an earlier version', () => {
  it('learns what its user names look like; of those that look alike, the oldest has the look for itself', async () => {
    const db = await databaseBefore(UsernameSkeletons1795295220000);
    const names = ['paypal', '\u0440\u0430\u0443\u0440\u04301', 'Ada', 'PayPa1'];
    for (const [day, name] of names.entries()) {
      await db.query(
        `INSERT INTO accounts (id, username, username_key, display_name, password_hash, created_at)
         VALUES ($1, $2, $2, $2, '', now() + make_interval(days => $3))`,
        [randomUUID(), name, -day],
      );
    }
    // twice, as after a process that died over it
    await apply(db, UsernameSkeletons1795295220000);
    await apply(db, UsernameSkeletons1795295220000);
    expect(await db.query('SELECT username, username_skeleton FROM accounts ORDER BY created_at')).toEqual([
      { username: 'PayPa1', username_skeleton: 'paypal' },
      { username: 'Ada', username_skeleton: 'ada' },
      { username: '\u0440\u0430\u0443\u0440\u04301', username_skeleton: null },
      { username: 'paypal', username_skeleton: null },
    ]);
  });

  it('keeps the devices that it knows', async () => {
    const db = await databaseBefore(KnownDevices1795295210000);
    await db.query(`INSERT INTO sign_in_failures (key, failures) VALUES ('known', 0), ('known, with a slip', 1)`);
    await apply(db, KnownDevices1795295210000);
    const devices = await db.query(`SELECT encode(key, 'escape') AS key FROM known_devices ORDER BY 1`);
    expect(devices).toEqual([{ key: 'known' }, { key: 'known, with a slip' }]);
    expect(await db.query('SELECT FROM sign_in_failures')).toEqual([]);
  });
});
