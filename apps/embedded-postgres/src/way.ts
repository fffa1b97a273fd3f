import { statSync } from 'node:fs';
import path from 'node:path';

export interface Ids {
  uid: number;
  gid: number;
}

const EXECUTE = 1; // on a directory: the right to pass through

/** The innermost part of the path `from` that the user may not pass, as with a clone in /root or in a `mktemp -d`. */
export function closedTo(ids: Ids, from: string): string | undefined {
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
