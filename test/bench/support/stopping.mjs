import { say } from './say.mjs';

/**
 * Ctrl-C under npm arrives twice at once, from the terminal and from npm; a person who presses it again does so later.
 */
const SAME_SIGNAL_MS = 1_000;

/**
 * On Ctrl-C and SIGTERM, ends what was started and then this process; at once on a second one.
 * @param {() => Promise<void>} end
 * @returns {() => boolean} whether that is under way
 */
export function stopOnSignal(end) {
  let since;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (since === undefined) {
        since = performance.now();
        say('\nstopping');
        void end().then(() => process.exit(130));
      } else if (performance.now() - since > SAME_SIGNAL_MS) process.exit(1);
    });
  }
  return () => since !== undefined;
}
