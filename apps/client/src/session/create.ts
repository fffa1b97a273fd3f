import type { SessionOptions } from './options.js';
import { Session } from './session.js';

/** A session on this device; none has begun before `resume`, `begin` or `signIn`. */
export function session(options: SessionOptions): Session {
  return new Session(options);
}
