import { SigningKeys } from '@scan-login/nest/token';
import pino from 'pino';
import { findAppSecret } from '../app-secret.js';
import { readConfig } from '../config.js';
import { createApp } from '../create-app.js';
import { openDataSource } from '../database/data-source.js';
import { reachDatabase } from '../database/database-home.js';

/** Makes a new signing key. Servers may be running: they pick it up by themselves. */
export async function rotateKeys(): Promise<void> {
  const config = readConfig();
  const log = pino({ level: 'warn' });
  const database = await reachDatabase(config);
  try {
    const dataSource = await openDataSource(database.url, { ...config.databaseUse, pool: 2 }, log);
    const appSecret = await findAppSecret(config);
    const app = await createApp({ config, dataSource, appSecret, publicUrl: () => '' }, log);
    await app.init();
    const kid = await app.get(SigningKeys).rotate();
    await app.close();
    process.stdout.write(
      `New signing key ${kid}. It starts signing in two minutes. The old key stays until its last token has expired.\n`,
    );
  } finally {
    await database.close();
  }
}
