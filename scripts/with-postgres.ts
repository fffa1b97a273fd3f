// Runs a command with a temporary PostgreSQL, whose URL is in DATABASE_URL.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '@scan-login/embedded-postgres';

const [command, ...parameters] = process.argv.slice(2);
if (!command) throw new Error('usage: with-postgres <command> [parameters]');

const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-'));
const postgres = await startEmbeddedPostgres(directory, { durable: false });
try {
  const child = spawn(command, parameters, {
    stdio: 'inherit',
    env: { ...process.env, DATABASE_URL: postgres.url },
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  process.exitCode = status ?? 1;
} finally {
  await postgres.stop();
  await fs.rm(directory, { recursive: true, force: true });
}
