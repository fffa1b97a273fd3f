import type { SessionOptions } from './options.js';
import { Session } from './session.js';

/** A session on this device. It begins with `resume`, `begin` or `signIn`. */
export function session(options: SessionOptions): Session {
  return new Session(options);
}
