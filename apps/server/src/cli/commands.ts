import { ownVersion } from '../installation.js';
import { type Command, readArguments, UsageError } from './arguments.js';
import { HELP } from './help.js';

/**
 * Runs one command, and sets the exit code of the process. `serve` resolves once the server listens.
 * @param given the arguments, without the program's own name
 */
export async function runCommand(given: string[]): Promise<void> {
  const command = understand(given);
  try {
    process.exitCode = await run(command);
  } catch (error) {
    const { explain } = await import('./explain.js');
    const failed = command.name === 'serve' ? 'scan-login could not start' : `scan-login ${command.name} failed`;
    process.stderr.write(`${explain(error, failed)}\n`);
    process.exit(1);
  }
}

function understand(given: string[]): Command {
  try {
    return readArguments(given);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}. 'scan-login --help' lists the commands and options.\n`);
    return process.exit(2);
  }
}

/** Loads each command only when it runs, so that help does not load the server. @returns exit code */
async function run(command: Command): Promise<number> {
  switch (command.name) {
    case 'help':
      process.stdout.write(HELP);
      return 0;
    case 'version':
      process.stdout.write(`${ownVersion()}\n`);
      return 0;
    case 'serve':
      await (await import('./serve.js')).serve();
      return 0;
    case 'doctor':
      return (await import('./doctor/doctor.js')).doctor(command.json);
    case 'migrate':
      return (await import('./migrate.js')).migrate(command.check);
    default:
      await (await import('./keys-rotate.js')).rotateKeys();
      return 0;
  }
}
