import { type ChildProcess, type IOType, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, lchownSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { copyOfPrograms } from './copy.js';
import { closedTo, type Ids } from './way.js';

/** The user that the PostgreSQL programs run as, and how to start them as that user. */
export interface ServerUser {
  /**
   * Starts a program with a minimal environment, without the application's secrets or a stray PGDATA.
   * @param args builds the arguments; must name files of the cluster by `nameOf`
   */
  start(program: string, args: (nameOf: NameOf) => string[], options: StartOptions): ChildProcess;
  /** Gives a file or an empty directory to this user. */
  own(file: string): void;
}

/** @returns the path by which the started program finds a file or directory */
type NameOf = (place: string) => string;

interface StartOptions {
  stdio: [IOType, IOType | number, IOType | number];
  detached?: boolean;
}

const NOBODY: Ids = { uid: 65534, gid: 65534 };
const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
/** Paths of a process's open descriptors, which work whatever directories lead to the file. Linux only. */
const DESCRIPTORS = '/proc/self/fd';
/** O_PATH: refers to a file without the right to read it. Node has no constant for it. */
const PATH_ONLY = 0o10000000 | (constants.O_NOFOLLOW ?? 0);

/**
 * PostgreSQL refuses to run as root. Started by root, it runs as the owner of the existing data, else as nobody,
 * without any capability. Where that user cannot reach the files (a clone in /root, or in a `mktemp -d`), root opens
 * the files of the cluster and passes them as descriptors, and the programs run from a copy.
 * @param dir directory that holds `data`
 * @throws Error that says what to do, when that user cannot reach the programs or the data
 */
export function serverUser(dir: string, binaries: string): ServerUser {
  if (process.getuid?.() !== 0) return userOf(binaries);
  const ids = ownerOf(path.join(dir, 'data')) ?? NOBODY;
  const obstacle = closedTo(ids, dir) ?? closedTo(ids, path.join(binaries, 'postgres'));
  if (obstacle && !existsSync(DESCRIPTORS)) {
    throw new Error(
      `PostgreSQL refuses to run as root, and uid ${ids.uid}, as which it would run instead, cannot enter ${obstacle}. ` +
        `Move the directory and the installed packages to a place that other users can enter, or start as an ordinary ` +
        `user.`,
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
        // the user owns the file; only a directory above it may be closed
        if (!ids || !closedTo(ids, statSync(place).isDirectory() ? place : path.dirname(place))) return place;
        handed.push(openSync(place, PATH_ONLY));
        return `${DESCRIPTORS}/${stdio.length + handed.length - 1}`;
      };
      try {
        const closed = ids && closedTo(ids, path.join(binaries, program));
        const file = path.join(closed ? copyOfPrograms(binaries, ids) : binaries, program);
        // the current directory may be closed to that user
        const cwd = ids ? '/' : undefined;
        return spawn(file, args(nameOf), { ...options, ...ids, env, cwd, stdio: [...stdio, ...handed] });
      } finally {
        for (const fd of handed) closeSync(fd);
      }
    },
  };
}

/** Data created by an ordinary user stays theirs when root starts the server once (sudo). */
function ownerOf(data: string): Ids | undefined {
  const found = statSync(data, { throwIfNoEntry: false });
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}
