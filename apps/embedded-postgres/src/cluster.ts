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

/** Tells what this run of this process makes from what an earlier one of the same pid left (in a container, always 1). */
const RUN = randomBytes(4).toString('hex');
const TEMPORARY = /\.new-(\d+)-([0-9a-f]{8})-/;
const LONGEST_MAKING = 10 * 60_000;

/**
 * Opens the cluster in `dir`, and makes it where there is none. Safe to be killed at any moment, and to be run by
 * several processes at once: everything is made under another name, and appears whole or not at all.
 * @param sync whether initdb waits for the disk
 * @param override folder with PostgreSQL's programs, instead of the installed ones
 * @throws Error when `dir` holds something else, belongs to somebody else, or initdb fails
 */
export async function openCluster(dir: string, sync: boolean, override?: string): Promise<Cluster> {
  const binaries = postgresBinaries(override);
  const asRoot = process.getuid?.() === 0;
  // As root the directory stays root's, so that the server's user cannot swap the files in it; it only passes through.
  const made = fs.mkdirSync(dir, { recursive: true, mode: asRoot ? 0o711 : 0o700 });
  if (made && asRoot) fs.chmodSync(dir, 0o711); // whatever the umask says
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
 * Makes the password file hold for this cluster again, after the file got lost or replaced. No server may be running.
 * Whoever may do this owns the data anyway.
 */
export async function resetPassword(cluster: Cluster): Promise<void> {
  const statement = `ALTER ROLE postgres PASSWORD '${cluster.password.replaceAll("'", "''")}';\n`;
  const args = ['--single', '-c', identity(cluster.data)];
  await run(cluster, 'postgres', (nameOf) => [...args, '-D', nameOf(cluster.data), 'postgres'], statement);
}

/** @throws Error when something is there that is no cluster; it may be somebody's data, so it is never removed */
function isWhole(data: string): boolean {
  // One look, not two: another process may put the whole cluster there in between.
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
      // The same order and case rules on every machine, whatever locales it has installed.
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(sync ? [] : ['--no-sync']),
    ]);
    fs.renameSync(fresh, cluster.data);
  } catch (error) {
    if (!isWhole(cluster.data)) throw error; // else another process was faster, with the same password
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Random, made once: `link` refuses to replace a file, so of several processes all end up with one password. */
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

/** Removes what killed processes left half made. Best effort: leftovers take space and hinder nobody. */
async function sweep(dir: string): Promise<void> {
  const leftovers = fs.readdirSync(dir).filter((name) => {
    const [, pid, madeBy] = TEMPORARY.exec(name) ?? [];
    if (!pid || madeBy === RUN) return false;
    const age = Date.now() - (fs.statSync(path.join(dir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    return Number(pid) === process.pid || !isAlive(Number(pid)) || age > LONGEST_MAKING;
  });
  // An initdb that outlived its parent may still be writing there; it gives up once its files are gone.
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
  child.stdin!.on('error', () => undefined).end(input); // a program that ended early says why on stderr
  const [[status, signal], said] = await Promise.all([once(child, 'close'), text(child.stderr!)]);
  if (status !== 0) throw new Error(`${program} failed: ${said.trim() || `it ended with ${status ?? signal}`}`);
}
