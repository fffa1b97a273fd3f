import { printable } from './format.js';

for (const stream of [process.stdout, process.stderr]) {
  // the reader of a pipe is gone, as in `npm run screen | head -3`
  stream.on('error', () => process.exit(1));
}

/** Prints lines, without anything in them that a terminal would obey: names and titles come from elsewhere. */
export function print(...lines: string[]): void {
  process.stdout.write(linesOf(lines));
}

/** As `print`, to standard error. */
export function printError(...lines: string[]): void {
  process.stderr.write(linesOf(lines));
}

/** Prints a picture that this program has made, with its colours. */
export function printPicture(picture: string): void {
  process.stdout.write(`${picture}\n`);
}

function linesOf(lines: string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}
