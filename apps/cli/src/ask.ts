import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { printable } from './format.js';

/**
 * Asks the person at the terminal.
 * @returns their answer without the spaces around it; empty when the input has ended
 * @throws the reason of `signal`
 */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  return (await line(question, signal)) ?? '';
}

/**
 * Asks until the answer is yes or no. There is no default: an Enter that was pressed before the question answers nothing.
 * @returns false, too, when the input has ended
 * @throws the reason of `signal`
 */
export async function askYesOrNo(question: string, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const answer = await line(`${question} [y/n]`, signal);
    if (answer === undefined || /^no?$/i.test(answer)) return false;
    if (/^y(es)?$/i.test(answer)) return true;
  }
}

/**
 * Asks for a secret: what is typed is not shown.
 * @throws the reason of `signal`
 */
export async function askUnseen(question: string, signal: AbortSignal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  // a terminal in raw mode does not turn Ctrl-C into a signal
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  process.stdout.write(`${printable(question)} `);
  try {
    return await Promise.race([lines.question('', { signal }), ended]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
    process.stdout.write('\n');
  }
}

/** @returns nothing when the input has ended */
async function line(question: string, signal: AbortSignal): Promise<string | undefined> {
  // `terminal: false` leaves Ctrl-C to the terminal, which makes a signal of it
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  try {
    return (await Promise.race([lines.question(`${printable(question)} `, { signal }), ended]))?.trim();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}
