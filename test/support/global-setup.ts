import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import type { TestProject } from 'vitest/node';
import { openDataSource } from '../../apps/server/src/database/data-source.js';
import { startEmbeddedPostgres } from '@scan-login/embedded-postgres';
import { databaseUrl, TEMPLATE } from './template.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of this run's own PostgreSQL, which is deleted afterwards. */
    postgresUrl: string;
  }
}

/** Starts one real PostgreSQL for the whole run, from npm, in its own directory. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-test-'));
  const postgres = await startEmbeddedPostgres(directory, { durable: false, maxConnections: 300 });
  const dataSource = await openDataSource(postgres.superuserUrl, { pool: 2 }, pino({ level: 'silent' }));
  await dataSource.query(`CREATE DATABASE ${TEMPLATE}`);
  await dataSource.destroy();
  const template = await openDataSource(
    databaseUrl(postgres.superuserUrl, TEMPLATE),
    { pool: 2 },
    pino({ level: 'silent' }),
  );
  await template.destroy();
  project.provide('postgresUrl', postgres.superuserUrl);
  return async () => {
    await postgres.stop();
    await fs.rm(directory, { recursive: true, force: true });
  };
}
