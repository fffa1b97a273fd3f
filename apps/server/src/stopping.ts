import type { Logger } from 'pino';
import type { Config } from './config.js';

/** Ctrl-C under npm arrives twice at once, from the terminal and from npm; a person who means it presses later again. */
const SAME_SIGNAL_MS = 1_000;
const LOOK_FOR_PARENT_MS = 250;

/**
 * Goes down in order on SIGTERM and Ctrl-C; at once on a second one.
 * @param starting resolves, once the server is up, to what stops it: one that is told to stop before comes up first, so
 *   that nothing which it has started is left behind
 */
export function stopOnSignal(starting: Promise<() => Promise<void>>, config: Config, log: Logger): void {
  let stoppingSince: number | undefined;

  const stop = (reason: string) => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    log.info({ event: 'server.stopping', reason });
    starting
      .then((stopServer) => stopServer())
      .then(() => {
        log.info({ event: 'server.stopped' });
        process.exit(0);
      })
      .catch((err: unknown) => {
        log.error({ event: 'server.stop_failed', err });
        process.exit(1);
      });
  };

  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (config.isUnderNpm) onceOrphaned(() => stop('npm is gone'));
}

/** npm hands a SIGTERM to the shell it started us with, and that dies without telling us. */
function onceOrphaned(then: () => void): void {
  const parent = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(looking);
    then();
  }, LOOK_FOR_PARENT_MS).unref();
}
