import pino from 'pino';
import { readConfig } from '../config.js';
import { openDataSource } from '../database/data-source.js';
import type { DatabaseUse } from '../database/data-source-options.js';
import { isStillToBeMade, reachDatabase } from '../database/database-home.js';
import { connectOnly, pendingMigrations } from './pending-migrations.js';

/**
 * Runs pending migrations, and prints their names.
 * @param isCheck only prints what is pending, and changes nothing
 * @returns exit code
 */
export async function migrate(isCheck: boolean): Promise<number> {
  const config = readConfig();
  if (isCheck && isStillToBeMade(config)) {
    say(
      `There is no database in ${config.DATA_DIR} yet. 'scan-login migrate' creates it, and so does the first start.`,
    );
    return 1;
  }
  const database = await reachDatabase(config);
  try {
    const pending = await pendingIn(database.url, config.databaseUse);
    if (pending.length === 0) {
      say('The schema is up to date.');
      return 0;
    }
    if (isCheck) {
      say(
        `Pending: ${pending.length} migration(s). 'scan-login migrate' runs them, and so does the next start.`,
        pending,
      );
      return 1;
    }
    await (await openDataSource(database.url, { ...config.databaseUse, pool: 2 }, pino({ level: 'silent' }))).destroy();
    say(`Done: ${pending.length} migration(s).`, pending);
    return 0;
  } finally {
    await database.close();
  }
}

async function pendingIn(url: string, use: DatabaseUse): Promise<string[]> {
  const dataSource = await connectOnly(url, use);
  try {
    return await pendingMigrations(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

function say(sentence: string, names: string[] = []): void {
  process.stdout.write([sentence, ...names.map((name) => `  ${name}`), ''].join('\n'));
}
