import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** The built server: what a user runs. `npm test` builds it first. */
export const MAIN = path.resolve('dist/apps/server/src/main.js');

export interface ServerProcess {
  url: string;
  child: ChildProcessWithoutNullStreams;
  /** Everything it has printed so far, log and banner. */
  output(): string;
  /** Sends a signal and waits for the end. @returns its exit status, or the signal that ended it */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

export interface Outcome {
  status: number | NodeJS.Signals;
  output: string;
}

/** Another build than that of the clone, or another working directory. */
interface Place {
  main?: string;
  cwd?: string;
  /** Called with each line that it prints. */
  onLine?: (line: string) => unknown;
}

function spawnServer(environment: Record<string, string>, { main = MAIN, cwd, onLine }: Place = {}) {
  const child = spawn(process.execPath, [main], {
    cwd,
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      // tests of what a login asks for have the default
      CONFIRM_CHALLENGE: 'off',
      // one phone scans, and calls, for a whole file of tests
      SCANS_PER_ACCOUNT: '0',
      CALLS_PER_ACCOUNT: '0',
      ...environment,
    },
  });
  const lines: string[] = [];
  const listening = new Promise<number>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        lines.push(line);
        onLine?.(line);
        if (line.includes('"server.listening"')) resolve((JSON.parse(line) as { port: number }).port);
      });
    }
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return { child, listening, ended, output: () => lines.join('\n') };
}

/** Starts a server in its own process. @throws Error with its output when it does not come up */
export async function startServerProcess(environment: Record<string, string>, place?: Place): Promise<ServerProcess> {
  const { child, listening, ended, output } = spawnServer(environment, place);
  const port = await Promise.race([
    listening,
    ended.then((status) => Promise.reject(new Error(`the server ended (${status}):\n${output()}`))),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    output,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Starts a server that is expected to fail. */
export async function runServerProcess(environment: Record<string, string>): Promise<Outcome> {
  const { ended, output } = spawnServer(environment);
  return { status: await ended, output: output() };
}
