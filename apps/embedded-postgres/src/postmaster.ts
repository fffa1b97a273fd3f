import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Content of `postmaster.pid`: the server that holds a data directory, or one that held it and died. */
export interface Postmaster {
  pid: number;
  port: number;
  /** False while it starts or stops. */
  ready: boolean;
}

const STOP_LIMIT = 10_000;
/**
 * A custom PostgreSQL setting that identifies a server by its data directory, whatever path the server itself uses for
 * it.
 */
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
 * Whether this pid is a server on this data directory. Checks the command line, because pids are reused, and because a
 * dead server whose parent never reads its exit code stays around as a zombie (with an empty command line).
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
  return ps.error ? true : ps.stdout.includes(data); // no ps (Windows): assume that it is the server
}

/** @returns undefined if no server holds the directory, and none died in it */
export function readPostmaster(data: string): Postmaster | undefined {
  const [first, , , port, , , , status] = readLock(data)?.split('\n') ?? [];
  const pid = Math.abs(Number(first)); // negative: a single-user server
  return pid > 0 ? { pid, port: Number(port), ready: status?.trim() === 'ready' } : undefined;
}

/**
 * Removes a stale lock file that PostgreSQL would take for that of a running server: its pid now belongs to another
 * program, or it is empty because the machine went down while it was written. If this is wrong, the new server still
 * refuses to start, because it also checks the shared memory of the old one. PostgreSQL itself removes a lock whose pid
 * is dead.
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
 * Shuts down: disconnects clients, flushes data. Not an error if the server is gone already.
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
