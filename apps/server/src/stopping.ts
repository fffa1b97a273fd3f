import type { Logger } from 'pino';
import type { Config } from './config.js';

/**
 * Ctrl-C under npm arrives twice at once, from the terminal and from npm. A second one after this time forces the exit.
 */
const SAME_SIGNAL_MS = 1_000;
const CHECK_PARENT_MS = 250;

/**
 * Shuts down gracefully on SIGTERM and Ctrl-C, and exits at once on a second one.
 * @param starting resolves, once the server is up, to the function that stops it. A server that gets the signal while
 *   it starts finishes starting first, so that nothing it has started is left behind
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

/** npm sends SIGTERM to the shell in which it started this process. The shell exits without forwarding it. */
function onceOrphaned(then: () => void): void {
  const parent = process.ppid;
  const checks = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(checks);
    then();
  }, CHECK_PARENT_MS).unref();
}
