import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { closedTo, type Ids } from './way.js';

/** Directories that other users may enter. A copy may be removed when no server runs. */
const PLACES = ['/var/cache', '/var/tmp', '/tmp'];

/**
 * Copies the programs that npm installed, for a user who cannot reach them. PostgreSQL finds its libraries by the real
 * path of its program, so a descriptor is not enough. One copy for each version, owned by root and shared by all
 * servers.
 * @param binaries folder with the programs
 * @returns the folder with the programs in the copy
 * @throws Error that lists what failed in each directory
 */
export function copyOfPrograms(binaries: string, ids: Ids): string {
  const native = path.dirname(binaries);
  const manifest = path.join(native, '..', 'package.json');
  if (path.basename(native) !== 'native' || !fs.existsSync(manifest)) {
    throw new Error(
      `uid ${ids.uid}, as which PostgreSQL runs, cannot reach ${binaries}: move it, or change its permissions`,
    );
  }
  const { version } = JSON.parse(fs.readFileSync(manifest, 'utf8')) as { version: string };
  const obstacles: unknown[] = [];
  for (const place of PLACES) {
    try {
      return copyTo(path.join(place, `scan-login-postgresql-${version}`), native, ids);
    } catch (error) {
      obstacles.push(error);
    }
  }
  const why = obstacles.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
  throw new Error(`uid ${ids.uid} cannot reach ${binaries}, and there is no place for a copy: ${why}`);
}

/** Safe to run in several processes at once: the copy appears complete or not at all. */
function copyTo(copy: string, native: string, ids: Ids): string {
  if (!fs.existsSync(copy)) {
    const fresh = fs.mkdtempSync(`${copy}.new-`);
    try {
      fs.cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
      openTo(fresh);
      fs.renameSync(fresh, copy);
    } catch (error) {
      if (!fs.existsSync(copy)) throw error; // otherwise another process was faster
    } finally {
      fs.rmSync(fresh, { recursive: true, force: true });
    }
  }
  const { uid, mode } = fs.lstatSync(copy);
  if (uid !== 0 || (mode & 0o022) !== 0) throw new Error(`${copy} is writable by other users than root`);
  const bin = path.join(copy, 'bin');
  const obstacle = closedTo(ids, bin);
  if (obstacle) throw new Error(`uid ${ids.uid} cannot enter ${obstacle}`);
  const { status, error } = spawnSync(path.join(bin, 'postgres'), ['--version'], { ...ids, env: {}, stdio: 'ignore' });
  if (status !== 0) throw error ?? new Error(`programs in ${bin} cannot be run`);
  return bin;
}

/** Lets all users read and only root write, regardless of npm's umask. */
function openTo(place: string): void {
  for (const name of ['.', ...fs.readdirSync(place, { recursive: true, encoding: 'utf8' })]) {
    const entry = path.join(place, name);
    const found = fs.lstatSync(entry);
    if (found.isSymbolicLink()) continue;
    fs.chownSync(entry, 0, 0);
    fs.chmodSync(entry, (found.mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}
