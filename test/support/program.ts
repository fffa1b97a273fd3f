import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { MAIN } from './server-process.js';

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command of the built `scan-login` to its end, with this environment alone. */
export async function scanLogin(given: string[], environment: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...given], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[status], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { status: status as number | null, stdout, stderr };
}
