import { ProblemError, UnreachableError } from './api.js';
import { complain } from './say.js';

/** The program cannot go on, and `message` tells people why. */
export class Failure extends Error {}

/** Ctrl-C, or another signal to leave. */
export class Interrupted extends Error {
  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Runs a program up to its exit code. Errors become sentences, and 1.
 * @param main gets a signal whose reason is `Interrupted`
 */
export async function run(main: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const interruption = new AbortController();
  for (const [name, number] of Object.entries(SIGNALS)) {
    // not `once`: npm passes on the Ctrl-C that the terminal has sent to us already
    process.on(name, () => interruption.abort(new Interrupted(128 + number)));
  }
  try {
    process.exitCode = await main(interruption.signal);
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = error.exitCode;
    } else {
      complain(explain(error));
      process.exitCode = 1;
    }
  }
}

function explain(error: unknown): string {
  const isExpected = [Failure, ProblemError, UnreachableError].some((kind) => error instanceof kind);
  if (isExpected) return (error as Error).message;
  return `Something went wrong that should not: ${error instanceof Error ? error.message : String(error)}`;
}
