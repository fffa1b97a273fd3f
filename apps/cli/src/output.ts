import { printable } from './format.js';

for (const stream of [process.stdout, process.stderr]) {
  // the reader of a pipe has exited, as in `npm run screen | head -3`
  stream.on('error', () => process.exit(1));
}

/** Prints lines without control characters, because names and titles are untrusted. */
export function print(...lines: string[]): void {
  process.stdout.write(linesOf(lines));
}

/** Like `print`, but to standard error. */
export function printError(...lines: string[]): void {
  process.stderr.write(linesOf(lines));
}

/** Prints a picture made by this program, with its colors. */
export function printPicture(picture: string): void {
  process.stdout.write(`${picture}\n`);
}

function linesOf(lines: string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}
