import { printable } from './format.js';

for (const stream of [process.stdout, process.stderr]) {
  // the reader of a pipe has exited, as in `npm run screen | head -3`
  stream.on('error', () => process.exit(1));
}

/** Lines of the terminal, where long ones wrap. */
let printed = 0;

/** How many lines of the terminal have been printed so far. */
export function linesPrinted(): number {
  return printed;
}

/** Erases so many lines above the cursor, in a terminal. */
export function eraseLines(lines: number): void {
  process.stdout.write(`\u001B[${lines}A\r\u001B[0J`);
}

/** Prints lines without control characters, because names and titles are untrusted. */
export function print(...lines: string[]): void {
  process.stdout.write(linesOf(lines));
  count(lines);
}

/** Like `print`, but to standard error. */
export function printError(...lines: string[]): void {
  process.stderr.write(linesOf(lines));
  count(lines);
}

/** Prints a picture made by this program, with its colors. */
export function printPicture(picture: string): void {
  process.stdout.write(`${picture}\n`);
  printed += picture.split('\n').length;
}

function count(lines: string[]): void {
  const columns = process.stdout.columns || Infinity;
  for (const line of lines) printed += Math.max(1, Math.ceil(printable(line).length / columns));
}

function linesOf(lines: string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}
