import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, openCluster } from '../../apps/embedded-postgres/src/cluster.js';
import { readPostmaster } from '../../apps/embedded-postgres/src/postmaster.js';
import { freePort } from './free-port.js';

export interface OwnPostgres {
  /** URL of an empty database; the same after every start. */
  url: string;
  /** Starts it, and resolves when it accepts connections. */
  start(): Promise<void>;
  /** Stops it like `pg_ctl stop -m immediate`: nothing is finished or written, as in a crash. */
  crash(): Promise<void>;
  remove(): Promise<void>;
}

/** A PostgreSQL for one test to break, as durable as in production. It is started already. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-postgres-'));
  const cluster = await openCluster(directory, false);
  const port = await freePort();
  let server: ChildProcess | undefined;
  const crash = async () => {
    if (!server) return;
    const ended = once(server, 'exit');
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGQUIT');
      await ended;
    }
    server = undefined;
  };
  const own: OwnPostgres = {
    url: `postgres://postgres:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/postgres`,
    async start() {
      server = await run(cluster, port);
    },
    crash,
    async remove() {
      await crash();
      await fs.rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await own.start();
  return own;
}

async function run(cluster: Cluster, port: number): Promise<ChildProcess> {
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=60'];
  const flags = settings.flatMap((setting) => ['-c', setting]);
  const child = cluster.user.start('postgres', (nameOf) => ['-D', nameOf(cluster.data), ...flags], {
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  while (child.exitCode === null && child.signalCode === null) {
    const running = readPostmaster(cluster.data);
    if (running?.pid === child.pid && running?.ready) return child;
    await sleep(5);
  }
  throw new Error('the PostgreSQL of the test did not start');
}
