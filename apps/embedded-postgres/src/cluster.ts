import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { postgresBinaries } from './binaries.js';
import { serverUser, type ServerUser } from './user.js';
import { identity, isAlive } from './postmaster.js';

/** A directory with `data`, the `password` of its superuser, and `postgres.log`. */
export interface Cluster {
  dir: string;
  data: string;
  password: string;
  user: ServerUser;
}

/**
 * Distinguishes the files of this process from those of an earlier one with the same pid (in a container, always 1).
 */
const RUN = randomBytes(4).toString('hex');
const TEMPORARY = /\.new-(\d+)-([0-9a-f]{8})-/;
const MAX_AGE_MS = 10 * 60_000;

/**
 * Opens the cluster in `dir`; creates it where there is none. Safe to kill at any moment, and safe to run in several
 * processes at once: everything is created under a temporary name and then renamed.
 * @param sync whether initdb waits for the disk
 * @param override folder with PostgreSQL's programs, instead of the installed ones
 * @throws Error when `dir` holds something else, belongs to another user, or initdb fails
 */
export async function openCluster(dir: string, sync: boolean, override?: string): Promise<Cluster> {
  const binaries = postgresBinaries(override);
  const asRoot = process.getuid?.() === 0;
  // As root, the directory stays root's, so that the server's user cannot replace files in it. That user only passes
  // through.
  const made = fs.mkdirSync(dir, { recursive: true, mode: asRoot ? 0o711 : 0o700 });
  if (made && asRoot) fs.chmodSync(dir, 0o711); // regardless of the umask
  dir = fs.realpathSync(dir);
  const user = serverUser(dir, binaries);
  try {
    await sweep(dir);
    const cluster = { dir, data: path.join(dir, 'data'), password: passwordIn(dir, user), user };
    if (!isWhole(cluster.data)) await initialize(cluster, sync);
    return cluster;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    throw new Error(`${dir} belongs to another user: start as that user or as root`, { cause: error });
  }
}

/**
 * Sets the superuser's password to that of the password file, after the file was lost or replaced. No server may be
 * running. This is no security hole: a user who can do it owns the data anyway.
 */
export async function resetPassword(cluster: Cluster): Promise<void> {
  const statement = `ALTER ROLE postgres PASSWORD '${cluster.password.replaceAll("'", "''")}';\n`;
  const args = ['--single', '-c', identity(cluster.data)];
  await run(cluster, 'postgres', (nameOf) => [...args, '-D', nameOf(cluster.data), 'postgres'], statement);
}

/** @throws Error when the directory is not empty and not a cluster. It may hold other data, so it is never removed */
function isWhole(data: string): boolean {
  // Read the directory once: another process may move the complete cluster there between two reads.
  const entries = fs.existsSync(data) ? fs.readdirSync(data) : [];
  if (entries.includes('PG_VERSION')) return true;
  if (entries.length === 0) return false;
  throw new Error(`${data} is not a whole PostgreSQL cluster (no PG_VERSION): restore it, or move it away`);
}

async function initialize(cluster: Cluster, sync: boolean): Promise<void> {
  const fresh = fs.mkdtempSync(temporary(cluster.data));
  try {
    cluster.user.own(fresh);
    await run(cluster, 'initdb', (nameOf) => [
      `--pgdata=${nameOf(fresh)}`,
      '--username=postgres',
      // Any local user reaches a TCP port, so never `trust`.
      '--auth=scram-sha-256',
      `--pwfile=${nameOf(path.join(cluster.dir, 'password'))}`,
      // The same collation and case rules on every machine, regardless of its installed locales.
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(sync ? [] : ['--no-sync']),
    ]);
    fs.renameSync(fresh, cluster.data);
  } catch (error) {
    if (!isWhole(cluster.data)) throw error; // otherwise another process was faster, with the same password
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Creates a random password once. `link` does not replace a file, so concurrent processes end up with one password. */
function passwordIn(dir: string, user: ServerUser): string {
  const file = path.join(dir, 'password');
  if (!fs.existsSync(file)) {
    const fresh = `${temporary(file)}${randomBytes(4).toString('hex')}`;
    try {
      fs.writeFileSync(fresh, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
      user.own(fresh); // initdb reads it
      fs.linkSync(fresh, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(fresh, { force: true });
    }
  }
  return fs.readFileSync(file, 'utf8').trim();
}

function temporary(file: string): string {
  return `${file}.new-${process.pid}-${RUN}-`;
}

/** Removes temporary files of killed processes. Best effort: leftovers only take space. */
async function sweep(dir: string): Promise<void> {
  const leftovers = fs.readdirSync(dir).filter((name) => {
    const [, pid, madeBy] = TEMPORARY.exec(name) ?? [];
    if (!pid || madeBy === RUN) return false;
    const age = Date.now() - (fs.statSync(path.join(dir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    return Number(pid) === process.pid || !isAlive(Number(pid)) || age > MAX_AGE_MS;
  });
  // An initdb that outlived its parent may still be writing there; it fails once its files are gone.
  const gone = leftovers.map((name) => rm(path.join(dir, name), { recursive: true, force: true, maxRetries: 5 }));
  await Promise.allSettled(gone);
}

async function run(
  { user }: Cluster,
  program: string,
  args: Parameters<ServerUser['start']>[1],
  input = '',
): Promise<void> {
  const child = user.start(program, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin!.on('error', () => undefined).end(input); // a program that exits early writes the reason to stderr
  const [[status, signal], output] = await Promise.all([once(child, 'close'), text(child.stderr!)]);
  if (status !== 0) throw new Error(`${program} failed: ${output.trim() || `it ended with ${status ?? signal}`}`);
}
