import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { strangersEnvironment } from './environment.mjs';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let isStopping = false;
const TIMEOUT_MS = 120_000;
const STOP_MS = 15_000;

/**
 * @typedef {object} Options
 * @property {string} cwd
 * @property {Record<string, string>} [env] beside what every stranger has
 */

/** @param {string} command @param {string[]} args @param {Options} options */
function begin(command, args, { cwd, env }) {
  if (isStopping) throw new Error(`${command} is not started any more`);
  // a group of its own: npm and its shell do not hand every signal on
  const child = spawn(command, args, {
    cwd,
    env: strangersEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  const output = { stdout: '', all: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output.all += String(text)));
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return /** @type {number | string} */ (code ?? signal);
  });
  ended.catch(() => running.delete(child));
  return { child, output, ended };
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function signalGroup(child, signal) {
  try {
    process.kill(-(/** @type {number} */ (child.pid)), signal);
  } catch {
    // it has ended
  }
}

/** @param {ReturnType<typeof begin>} program @param {string[]} line */
const failure = ({ output }, line, why) => new Error(`${line.join(' ')}\n${why}:\n\n${output.all.slice(-12_000)}`);

/**
 * Runs a program to its end.
 * @param {string} command @param {string[]} args @param {Options & { status?: number }} options `status`: expected; default 0
 * @returns {Promise<string>} its standard output
 */
export async function run(command, args, { status = 0, ...options }) {
  const program = begin(command, args, options);
  const late = setTimeout(() => signalGroup(program.child, 'SIGKILL'), TIMEOUT_MS);
  const ended = await program.ended.finally(() => clearTimeout(late));
  if (ended !== status) throw failure(program, [command, ...args], `ended with ${ended}, in ${options.cwd}`);
  return program.output.stdout;
}

/**
 * Starts a program that stays.
 * @param {string} command @param {string[]} args
 * @param {Options & { ready: () => Promise<boolean> }} options `ready`: asked again and again until it says so
 */
export async function start(command, args, { ready, ...options }) {
  const program = begin(command, args, options);
  /** @type {number | string | undefined} */
  let ended;
  void program.ended.then((how) => (ended = how));
  const until = performance.now() + TIMEOUT_MS;
  while (!(await ready())) {
    if (ended !== undefined) throw failure(program, [command, ...args], `ended with ${ended}`);
    if (performance.now() > until) throw failure(program, [command, ...args], 'did not get ready');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    output: program.output,
    /** Ctrl-C in its terminal. @returns its exit code, or the signal that ended it */
    stop: () => stop(program.child, program.ended),
  };
}

/** @template T @param {import('node:child_process').ChildProcess} child @param {Promise<T>} ended */
async function stop(child, ended) {
  signalGroup(child, 'SIGINT');
  const late = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_MS);
  return await ended.finally(() => clearTimeout(late));
}

/** Whatever still runs; nothing is started afterwards. */
export async function stopAll() {
  isStopping = true;
  await Promise.all([...running].map((child) => stop(child, once(child, 'close'))));
}

/** @param {string} url */
export async function responds(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
