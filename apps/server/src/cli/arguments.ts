import { parseArgs } from 'node:util';

/** The options of each command. All commands also have --help. */
const COMMANDS = {
  serve: [],
  doctor: ['json'],
  migrate: ['check'],
  'keys rotate': [],
} as const;

type CommandName = keyof typeof COMMANDS;

export type Command =
  | { name: 'help' | 'version' | 'serve' | 'keys rotate' }
  | { name: 'doctor'; json: boolean }
  | { name: 'migrate'; check: boolean };

/** The command line is invalid: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * @param given the arguments, without the program's own name
 * @throws UsageError
 */
export function readArguments(given: string[]): Command {
  const { values, positionals } = parse(given);
  const name = positionals.length === 0 ? 'serve' : positionals.join(' ');
  if (values.help || name === 'help') return { name: 'help' };
  if (values.version) return { name: 'version' };
  if (!isCommand(name)) throw new UsageError(`Unknown command '${name}'`);
  const { json = false, check = false } = values;
  for (const option of Object.keys(values)) {
    if (!(COMMANDS[name] as readonly string[]).includes(option)) {
      throw new UsageError(`'${name}' has no option '--${option}'`);
    }
  }
  if (name === 'doctor') return { name, json };
  if (name === 'migrate') return { name, check };
  return { name };
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        check: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    // the sentences after the first are about positional arguments that look like options
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
}
