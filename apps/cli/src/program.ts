import { ScanLoginError } from '@scan-login/client';
import { errorMessage } from './error-message.js';
import { printError } from './output.js';

/** The program cannot continue. `message` tells the user why, and what to do. */
export class Failure extends Error {}

/** Ctrl-C, or another signal to exit. */
export class Interrupted extends Error {
  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Runs a program up to its exit code. Errors are printed as sentences, and exit with 1.
 * @param main gets a signal whose reason is `Interrupted`
 */
export async function run(main: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const interruption = new AbortController();
  for (const [name, number] of Object.entries(SIGNALS)) {
    // not `once`: the signal comes twice, because npm forwards a Ctrl-C that the terminal has also sent here
    process.on(name, () => interruption.abort(new Interrupted(128 + number)));
  }
  try {
    process.exitCode = await main(interruption.signal);
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = error.exitCode;
    } else {
      printError(explain(error));
      process.exitCode = 1;
    }
  }
}

function explain(error: unknown): string {
  if (error instanceof Failure) return error.message;
  if (error instanceof ScanLoginError) return errorMessage(error);
  return `Unexpected error: ${error instanceof Error ? error.message : String(error)}`;
}
