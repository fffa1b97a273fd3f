// npm run keys:rotate: makes a new signing key, beside running servers. They take it over by themselves.
import { SigningKeys } from '@scan-login/nest/token';
import pino from 'pino';
import { findAppSecret } from './app-secret.js';
import { readConfig } from './config.js';
import { createApp } from './create-app.js';
import { openDataSource } from './database/data-source.js';
import { reachDatabase } from './database/database-home.js';

try {
  const config = readConfig();
  const log = pino({ level: 'warn' });
  const database = await reachDatabase(config);
  const dataSource = await openDataSource(database.url, { pool: 2 }, log);
  const surroundings = { config, dataSource, appSecret: await findAppSecret(config), publicUrl: () => '' };
  const app = await createApp(surroundings, log);
  await app.init();
  const kid = await app.get(SigningKeys).rotate();
  await app.close();
  await database.close();
  process.stdout.write(
    `New signing key ${kid}. It signs from two minutes from now on; the old one stays until its tokens are dead.\n`,
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
