import fs from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { askUnseen } from './ask.js';
import { Failure } from './program.js';

/** Where a password comes from. Never from the arguments, because every user of the machine can list those. */
export type PasswordSource = { kind: 'text'; text: string } | { kind: 'file'; path: string } | { kind: 'terminal' };

/**
 * @param whose the user name, for the question
 * @throws Failure that says what to do | the reason of `signal`
 */
export async function readPassword(source: PasswordSource, whose: string, signal: AbortSignal): Promise<string> {
  if (source.kind === 'text') return source.text;
  const password = source.kind === 'file' ? await fromFile(source.path) : await fromTerminal(whose, signal);
  if (password === '') throw new Failure('The password is empty.');
  return password;
}

/** @param path `-` for standard input. A final line break is not part of the password. */
async function fromFile(path: string): Promise<string> {
  try {
    const content = path === '-' ? await text(process.stdin) : await fs.readFile(path, 'utf8');
    return content.replace(/\r?\n$/, '');
  } catch (error) {
    throw new Failure(`The password cannot be read from ${path} (${(error as NodeJS.ErrnoException).code}).`);
  }
}

function fromTerminal(whose: string, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Failure(
      'There is no terminal to ask for the password: use --password-file FILE (- for standard input), or set SCAN_LOGIN_PASSWORD.',
    );
  }
  return askUnseen(`Password of ${whose}:`, signal);
}
