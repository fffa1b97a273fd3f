import { existsSync, lchownSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** Whom the PostgreSQL programs run as, and how to start them as that user. */
export interface ServerUser {
  /** What to hand to `spawn` so that `program` runs as this user. */
  command(program: string, args: string[]): Command;
  /** Gives a file or an empty directory to this user. */
  own(file: string): void;
}

interface Command {
  file: string;
  args: string[];
  /** Includes a bare environment: the server has no business with our secrets, nor with a stray PGDATA or PGPORT. */
  options: { uid?: number; gid?: number; env: Record<string, string> };
}

interface Ids {
  uid: number;
  gid: number;
}

const NOBODY: Ids = { uid: 65534, gid: 65534 };
const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
const EXECUTE = 1; // on a directory: may pass through
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv', '/run/current-system/sw/bin/setpriv'];
const CAPABILITIES = { dac_override: 1n, dac_read_search: 2n, setpcap: 8n }; // bit numbers, linux/capability.h

/**
 * PostgreSQL refuses to run as root, so as root it runs as the owner of the data it finds, else as nobody.
 * @param dir directory that holds `data`
 * @throws Error when that user could not reach the programs or the data, with what to do about it
 */
export function serverUser(dir: string, binaries: string): ServerUser {
  if (process.getuid?.() !== 0) {
    return { command: (file, args) => ({ file, args, options: { env } }), own: () => undefined };
  }
  const ids = ownerOf(path.join(dir, 'data')) ?? NOBODY;
  const own = (file: string) => lchownSync(file, ids.uid, ids.gid);
  const postgres = path.join(binaries, 'postgres');
  const executable = permits(postgres, ids);
  const obstacle = executable ? (closedTo(ids, dir) ?? closedTo(ids, binaries)) : postgres;
  if (!obstacle) return { command: (file, args) => ({ file, args, options: { ...ids, env } }), own };

  const { file, args: switches } = setpriv(ids, executable, obstacle);
  return { command: (program, args) => ({ file, args: [...switches, program, ...args], options: { env } }), own };
}

/** Data that an ordinary user made stays theirs when root starts the server for once (sudo). */
function ownerOf(data: string): Ids | undefined {
  const found = statSync(data, { throwIfNoEntry: false });
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

/** The innermost directory on the way to `from` that shuts the user out: a clone in /root, or in a `mktemp -d`. */
function closedTo(ids: Ids, from: string): string | undefined {
  for (let at = from; ; at = path.dirname(at)) {
    if (!permits(at, ids)) return at;
    if (at === path.dirname(at)) return undefined;
  }
}

function permits(file: string, { uid, gid }: Ids): boolean {
  const found = statSync(file);
  const shift = found.uid === uid ? 6 : found.gid === gid ? 3 : 0;
  return ((found.mode >> shift) & EXECUTE) !== 0;
}

/**
 * Lets the user through closed directories by one capability, the smallest that does; the server keeps it, and its
 * superuser could read root's files by it, so only where the way is closed. `no_setuid_fixup` is needed because
 * PostgreSQL looks for its own programs with access(2), which otherwise ignores the capabilities of non-root.
 */
function setpriv({ uid, gid }: Ids, executable: boolean, obstacle: string): { file: string; args: string[] } {
  const program = SETPRIV.find((file) => existsSync(file));
  const held = program ? heldCapabilities() : 0n;
  const holds = (name: keyof typeof CAPABILITIES) => ((held >> CAPABILITIES[name]) & 1n) === 1n;
  // To read and search is enough for directories, not to execute a file whose mode forbids it (npm under umask 077).
  const smallestFirst = executable ? (['dac_read_search', 'dac_override'] as const) : (['dac_override'] as const);
  const capability = holds('setpcap') ? smallestFirst.find(holds) : undefined;
  if (!program || !capability) {
    const why = program ? 'this process lacks the capabilities' : 'setpriv (of util-linux) is missing';
    throw new Error(
      `PostgreSQL refuses to run as root, and uid ${uid}, as which it would run instead, may not pass through ` +
        `${obstacle}; ${why} to let it. Set DATABASE_URL to a server of your own, or move the project to a directory ` +
        `that other users may enter, or start it as an ordinary user.`,
    );
  }
  const only = `-all,+${capability}`;
  const switches = ['--clear-groups', '--no-new-privs', '--securebits=+no_setuid_fixup'];
  return {
    file: program,
    args: [`--reuid=${uid}`, `--regid=${gid}`, ...switches, `--inh-caps=${only}`, `--ambient-caps=${only}`],
  };
}

function heldCapabilities(): bigint {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return BigInt(`0x${effective ?? 0}`);
}
