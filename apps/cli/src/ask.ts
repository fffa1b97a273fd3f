import { createInterface } from 'node:readline/promises';

/**
 * Asks the person at the terminal.
 * @returns their answer without the spaces around it; empty when there is nobody to answer
 * @throws the reason of `signal`
 */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  // `terminal: false` leaves Ctrl-C to the terminal, which makes a signal of it
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    return (await Promise.race([lines.question(`${question} `, { signal }), ended])).trim();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}
