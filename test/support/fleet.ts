import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Environment } from '../../apps/server/src/config.js';
import { TEST_SECRET } from './app.js';
import { createDatabase } from './database.js';
import { type ServerProcess, startServerProcess } from './server-process.js';

export interface Fleet {
  databaseUrl: string;
  servers: ServerProcess[];
  /** Starts one more instance, with the same settings and others on top. */
  add(more?: Record<string, string>): Promise<ServerProcess>;
  /** Kills those that still run. */
  end(): Promise<void>;
}

/** In production calls from this machine are limited like all others, and hundreds of screens and phones run here. */
const UNLIMITED = Object.fromEntries(
  Object.keys(Environment.shape)
    .filter((name) => /_PER_(MINUTE|ADDRESS|TICKET)$/.test(name))
    .map((name) => [name, '0']),
);

/**
 * Instances of the built server, each in its own process, on one database.
 * @param environment with DATABASE_URL unless it is to be a database of the run; then further variables for each
 * instance
 */
export async function startFleet(
  environment: Record<string, string> = {},
  each: Record<string, string>[] = [{}, {}],
): Promise<Fleet> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'scan-login-fleet-'));
  const databaseUrl = environment['DATABASE_URL'] ?? (await createDatabase());
  const servers: ServerProcess[] = [];
  const add = async (more: Record<string, string> = {}) => {
    const server = await startServerProcess({
      // no demo account, and no sign-in ends another session
      NODE_ENV: 'production',
      PUBLIC_URL: 'http://login.example.org',
      SESSIONS_PER_DEVICE_TYPE: '0',
      ...UNLIMITED,
      APP_SECRET: TEST_SECRET,
      DATA_DIR: directory,
      ...environment,
      DATABASE_URL: databaseUrl,
      ...more,
    });
    servers.push(server);
    return server;
  };
  const end = async () => {
    await Promise.all(servers.filter(isRunning).map((server) => server.stop('SIGKILL')));
    fs.rmSync(directory, { recursive: true, force: true });
  };
  const starts = await Promise.allSettled(each.map((more) => add(more)));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed) {
    await end();
    throw failed.reason;
  }
  // in the order of their start
  const inOrder = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  servers.splice(0, servers.length, ...inOrder);
  return { databaseUrl, servers, add, end };
}

function isRunning({ child }: ServerProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
