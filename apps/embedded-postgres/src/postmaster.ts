import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What `postmaster.pid` says: the server that holds a data directory, or that held it and died. */
export interface Postmaster {
  pid: number;
  port: number;
  /** False while it starts or stops. */
  ready: boolean;
}

const STOP_LIMIT = 10_000;
/** A setting of ours, which PostgreSQL carries along: by it a server is known, whatever its own name for the data is. */
export const IDENTITY = 'scan_login.data';

/** As `postgres -c` takes it. */
export function identity(data: string): string {
  return `${IDENTITY}=${data}`;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether this pid is a server on this data directory, told by its command line: pids are recycled, and a dead server
 * whose parent never asks for its exit code stays around as a zombie (its command line is empty).
 */
export function serves(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') {
    try {
      const args = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return args.includes(identity(data)) || args.includes(data); // the latter: started by an earlier version
    } catch {
      return false;
    }
  }
  const ps = spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return ps.error ? true : ps.stdout.includes(data); // no ps (Windows): rather wait for a stranger than chase a server
}

/** @returns undefined where no server holds the directory, and none died in it */
export function readPostmaster(data: string): Postmaster | undefined {
  const [first, , , port, , , , status] = readLock(data)?.split('\n') ?? [];
  const pid = Math.abs(Number(first)); // negative: a single-user server
  return pid > 0 ? { pid, port: Number(port), ready: status?.trim() === 'ready' } : undefined;
}

/**
 * Removes a lock that PostgreSQL would take for a living server's: its pid went to another program, or it is empty
 * because the machine went down while it was written. Were this wrong, the new server would still refuse to start: it
 * also looks for the shared memory of an old one. A lock whose pid is dead is left to PostgreSQL.
 */
export function dropStaleLock(data: string): void {
  const file = path.join(data, 'postmaster.pid');
  const found = readPostmaster(data);
  const content = readLock(data);
  if (content === undefined) return;
  const age = Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  const stale = found ? isAlive(found.pid) && !serves(found.pid, data) : age > 2000;
  if (stale && readLock(data) === content) fs.rmSync(file, { force: true });
}

/**
 * Shuts down in order: clients are cut off, data is flushed. A server that is gone already is no error.
 * @throws Error when it still runs after 20 seconds
 */
export async function stopServer(pid: number, data: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!serves(pid, data)) return;
    process.kill(pid, signal);
    for (const until = Date.now() + STOP_LIMIT; Date.now() < until; await sleep(20)) {
      if (!serves(pid, data)) return;
    }
  }
  throw new Error(`The embedded PostgreSQL (pid ${pid}) does not stop`);
}

function readLock(data: string): string | undefined {
  try {
    return fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
