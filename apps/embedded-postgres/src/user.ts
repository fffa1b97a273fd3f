import { type ChildProcess, type IOType, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, lchownSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { copyOfPrograms } from './copy.js';
import { closedTo, type Ids } from './way.js';

/** Whom the PostgreSQL programs run as, and how to start them as that user. */
export interface ServerUser {
  /**
   * Starts one of the programs, with a bare environment: it has no business with our secrets, nor with a stray PGDATA.
   * @param args as this function makes them; what they name of the cluster is named by `nameOf`
   */
  start(program: string, args: (nameOf: NameOf) => string[], options: StartOptions): ChildProcess;
  /** Gives a file or an empty directory to this user. */
  own(file: string): void;
}

/** @returns the name by which the program that is started finds a file or directory */
type NameOf = (place: string) => string;

interface StartOptions {
  stdio: [IOType, IOType | number, IOType | number];
  detached?: boolean;
}

const NOBODY: Ids = { uid: 65534, gid: 65534 };
const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
/** Names what a process holds open, whatever directories are on the way to it. Linux alone. */
const DESCRIPTORS = '/proc/self/fd';
/** O_PATH: names a place, and gives no right to read it. Node has no name for it. */
const WAY_ONLY = 0o10000000 | (constants.O_NOFOLLOW ?? 0);

/**
 * PostgreSQL refuses to run as root, so as root it runs as the owner of the data it finds, else as nobody, and without
 * any capability. Where that user may not pass (a clone in /root, or in a `mktemp -d`), what it needs of the cluster is
 * opened by root and handed over as a descriptor, and the programs are started from a copy.
 * @param dir directory that holds `data`
 * @throws Error when that user could not reach the programs or the data, with what to do about it
 */
export function serverUser(dir: string, binaries: string): ServerUser {
  if (process.getuid?.() !== 0) return userOf(binaries);
  const ids = ownerOf(path.join(dir, 'data')) ?? NOBODY;
  const obstacle = closedTo(ids, dir) ?? closedTo(ids, path.join(binaries, 'postgres'));
  if (obstacle && !existsSync(DESCRIPTORS)) {
    throw new Error(
      `PostgreSQL refuses to run as root, and uid ${ids.uid}, as which it would run instead, may not pass through ` +
        `${obstacle}. Move the directory and the installed packages to where other users may enter, or start as an ` +
        `ordinary user.`,
    );
  }
  return userOf(binaries, ids);
}

function userOf(binaries: string, ids?: Ids): ServerUser {
  return {
    own: (file) => ids && lchownSync(file, ids.uid, ids.gid),
    start(program, args, { stdio, ...options }) {
      const handed: number[] = [];
      const nameOf: NameOf = (place) => {
        // a file is the user's own: only the way to it may be closed
        if (!ids || !closedTo(ids, statSync(place).isDirectory() ? place : path.dirname(place))) return place;
        handed.push(openSync(place, WAY_ONLY));
        return `${DESCRIPTORS}/${stdio.length + handed.length - 1}`;
      };
      try {
        const closed = ids && closedTo(ids, path.join(binaries, program));
        const file = path.join(closed ? copyOfPrograms(binaries, ids) : binaries, program);
        // away from a working directory that may be closed to it
        const cwd = ids ? '/' : undefined;
        return spawn(file, args(nameOf), { ...options, ...ids, env, cwd, stdio: [...stdio, ...handed] });
      } finally {
        for (const fd of handed) closeSync(fd);
      }
    },
  };
}

/** Data that an ordinary user made stays theirs when root starts the server for once (sudo). */
function ownerOf(data: string): Ids | undefined {
  const found = statSync(data, { throwIfNoEntry: false });
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}
