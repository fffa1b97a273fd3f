import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const PROGRAMS = path.join(import.meta.dirname, '../programs');
const PEERS = path.join(import.meta.dirname, '../peers');
const PROBE = path.join(PROGRAMS, 'probe.mjs');
/** The built server: what a user runs. */
const MAIN = path.resolve(import.meta.dirname, '../../../dist/apps/server/src/main.js');

/**
 * @typedef {object} Child a process of a measurement
 * @property {string} url where it listens, if it does
 * @property {number} pid
 * @property {(name: string, args?: unknown) => Promise<any>} ask
 * @property {() => Promise<void>} stop
 */

/**
 * A Node program in a process of its own, which ends with this one.
 * @param {string} script
 * @param {{ env?: Record<string, string>, preload?: string[], listens?: boolean }} [options]
 * @returns {Promise<Child>} once it listens, or says that it is ready if it does not listen
 */
async function start(script, { env = {}, preload = [], listens = false } = {}) {
  const imports = [PROBE, ...preload].flatMap((file) => ['--import', file]);
  const child = spawn(process.execPath, [...imports, script], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C is for the parent process, which then stops its children in order
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => (output = `${output}${text}`.slice(-10_000)));
  }
  const ended = once(child, 'close');
  /** @type {Map<number, { resolve: (result: unknown) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let port = 0;
  const ready = new Promise((resolve) => {
    child.on('message', ({ event, id, result, error, ...more }) => {
      if (event === 'listening') port = more.port;
      if (event === (listens ? 'listening' : 'ready')) resolve(undefined);
      const question = waiting.get(id);
      waiting.delete(id);
      if (error) question?.reject(new Error(error));
      else question?.resolve(result);
    });
  });
  const gone = ended.then(([code, signal]) => {
    const error = new Error(`${path.basename(script)} ended (${code ?? signal}):\n${output}`);
    for (const { reject } of waiting.values()) reject(error);
    throw error;
  });
  gone.catch(() => {});
  await Promise.race([ready, gone]);
  let last = 0;
  return {
    url: `http://127.0.0.1:${port}`,
    pid: /** @type {number} */ (child.pid),
    ask(name, args = {}) {
      return new Promise((resolve, reject) => {
        waiting.set((last += 1), { resolve, reject });
        child.send({ id: last, name, args }, (error) => error && reject(new Error(`${error.message}\n${output}`)));
      });
    },
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(late);
    },
  };
}

/**
 * One of the programs beside this folder.
 * @param {string} name
 * @param {Parameters<typeof start>[1]} [options]
 */
export function startProgram(name, options) {
  return start(path.join(PROGRAMS, name), options);
}

/** @param {Record<string, string>} env */
export function startPeer(name, env) {
  return start(path.join(PEERS, name), { env: { NODE_ENV: 'production', ...env }, listens: true });
}

/**
 * The server as it is run in earnest, but for the limits, which would count all of this as one flood.
 * @param {Record<string, string>} env
 * @param {string[]} [preload]
 */
export function startServer(env, preload) {
  return start(MAIN, { env: { ...SERVER_ENVIRONMENT, ...env }, preload, listens: true });
}

const SERVER_ENVIRONMENT = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  PORT: '0',
  PUBLIC_URL: 'http://127.0.0.1:3000',
  APP_SECRET: 'Zk3v9Q-mB7xW1tR5yL8dN2pH6sJ4cF0g-uEaKoTiV',
  LOG_LEVEL: 'warn',
  // a phone that signed in for the first measurement must still be valid at the last one
  ACCESS_TOKEN_LIFE: '3600',
  // the phones type no numbers: what is measured are the same six calls as before
  CONFIRM_CHALLENGE: 'off',
  TICKETS_PER_MINUTE: '0',
  SCANS_PER_ACCOUNT: '0',
  POLLS_PER_TICKET: '0',
  POLLS_PER_MINUTE: '0',
  SCANS_PER_MINUTE: '0',
  SIGN_INS_PER_MINUTE: '0',
  ACCOUNTS_PER_MINUTE: '0',
  // counted as in production, and not reached
  POLLS_HELD_PER_ADDRESS: '1000000',
  SIGN_IN_FAILURES_PER_ADDRESS: '0',
  PICTURES_PER_MINUTE: '0',
  STREAMS_PER_MINUTE: '0',
  CALLS_PER_MINUTE: '0',
  CALLS_PER_ACCOUNT: '0',
  PAGES_PER_MINUTE: '0',
  METRICS_PER_MINUTE: '0',
};
