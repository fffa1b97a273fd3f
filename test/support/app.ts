import type { AddressInfo } from 'node:net';
import { Bell } from '@scan-login/nest/qr';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pino from 'pino';
import type { DataSource } from 'typeorm';
import { onTestFinished } from 'vitest';
import { readConfig } from '../../apps/server/src/config.js';
import { createApp } from '../../apps/server/src/create-app.js';
import { openDataSource } from '../../apps/server/src/database/data-source.js';
import { createDatabase } from './database.js';

export interface RunningApp {
  url: string;
  app: NestFastifyApplication;
  db: DataSource;
  databaseUrl: string;
  bell: Bell;
  close(): Promise<void>;
}

/** Not a secret: it protects only the databases of the tests. */
export const TEST_SECRET = 'k7Gd0q2ZpL5vX9rTn3Wc8sYh1JmBf4Ua';

/**
 * The real application on a real port and a real database, in this process, so that a test can inspect it.
 * @param environment variables as they would be configured
 */
export async function startApp(environment: Record<string, string> = {}): Promise<RunningApp> {
  const config = readConfig({
    DATABASE_URL: await createDatabase(),
    APP_SECRET: TEST_SECRET,
    // tests of what a login asks for have the default
    CONFIRM_CHALLENGE: 'off',
    // one phone scans, and calls, for a whole file of tests
    SCANS_PER_ACCOUNT: '0',
    CALLS_PER_ACCOUNT: '0',
    PASSWORD_CHANGES_PER_ACCOUNT: '0',
    ...environment,
  });
  const log = pino({ level: environment['LOG_LEVEL'] ?? 'silent' });
  const db = await openDataSource(config.DATABASE_URL!, config.databaseUse, log);
  let url = '';
  const publicUrl = () => config.PUBLIC_URL ?? url;
  const app = await createApp({ config, dataSource: db, appSecret: config.APP_SECRET!, publicUrl }, log);
  await app.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  return { url, app, db, databaseUrl: config.DATABASE_URL!, bell: app.get(Bell), close: () => app.close() };
}

/** The same, for one test. */
export async function startAppForTest(environment: Record<string, string> = {}): Promise<RunningApp> {
  const running = await startApp(environment);
  onTestFinished(() => running.close());
  return running;
}
