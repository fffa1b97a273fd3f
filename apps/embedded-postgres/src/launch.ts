import { once } from 'node:events';
import fs, { constants } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import { identity, readPostmaster, stopServer, type Postmaster } from './postmaster.js';

/** Server parameters, as `postgres -c name=value` takes them. */
export type Settings = Record<string, string | number>;

const LOG_LIMIT = 10 * 1024 * 1024;
const STARTUP_LIMIT = 5 * 60_000; // recovery after a crash may have to read a gigabyte of log
/** Another process holds the directory, is just releasing it, or took the port: worth a retry. */
const PASSING = /lock file ".*" (already exists|is empty)|pre-existing shared memory block|Address already in use/;

/**
 * Starts a server on a free port of 127.0.0.1 and waits until it accepts clients.
 * @returns undefined when another process has the directory or took the port
 * @throws Error with the last lines of its log when it cannot start
 */
export async function launch(cluster: Cluster, settings: Settings): Promise<Postmaster | undefined> {
  const fixed = { port: await freePort(), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const flags = Object.entries({ ...settings, ...fixed }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openLog(cluster);
  // Its own process group: Ctrl-C in the terminal reaches only the application, which then shuts the server down.
  const options = { detached: true, stdio: ['ignore', log.fd, log.fd] } as const;
  const child = cluster.user.start(
    'postgres',
    (nameOf) => ['-D', nameOf(cluster.data), '-c', identity(cluster.data), ...flags],
    { ...options, stdio: [...options.stdio] },
  );
  fs.closeSync(log.fd);
  await once(child, 'spawn');
  child.unref();

  const until = Date.now() + STARTUP_LIMIT;
  while (child.exitCode === null && child.signalCode === null) {
    const postmaster = readPostmaster(cluster.data);
    if (postmaster?.pid === child.pid && postmaster?.ready) return postmaster;
    if (Date.now() > until && child.pid) await stopServer(child.pid, cluster.data);
    await sleep(10);
  }
  const output = fs.readFileSync(log.file).subarray(log.size).toString('utf8').trim();
  if (PASSING.test(output)) return undefined;
  const end = output.split('\n').slice(-15).join('\n') || '(empty)';
  throw new Error(`The embedded PostgreSQL did not start. The end of ${log.file}:\n${end}`);
}

function openLog({ dir, user }: Cluster): { file: string; fd: number; size: number } {
  const file = path.join(dir, 'postgres.log');
  // O_NOFOLLOW: a symlink planted here must not make root write elsewhere.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const fd = fs.openSync(file, flags, 0o600);
  if (fs.fstatSync(fd).size > LOG_LIMIT) fs.ftruncateSync(fd);
  user.own(file); // so that this user can start the server again without root
  return { file, fd, size: fs.fstatSync(fd).size };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
