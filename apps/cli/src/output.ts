/** Control characters could move the cursor or recolour the terminal, bidi ones turn a text around. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu;

for (const stream of [process.stdout, process.stderr]) {
  // whoever read it has left (`npm run screen | head -3`): there is nobody to go on for
  stream.on('error', () => process.exit(1));
}

/** Prints lines, without anything in them that a terminal would obey: names and titles come from elsewhere. */
export function say(...lines: string[]): void {
  process.stdout.write(linesOf(lines));
}

/** As `say`, for what went wrong. */
export function complain(...lines: string[]): void {
  process.stderr.write(linesOf(lines));
}

/** Prints a picture of our own making as it is, colours and all. */
export function draw(picture: string): void {
  process.stdout.write(`${picture}\n`);
}

/** A name that comes from elsewhere, fit to stand between quotation marks: not long, and without any of its own. */
export function quotable(name: string): string {
  return name
    .replaceAll(/[\s\p{Z}]+/gu, ' ')
    .replaceAll(/["“”„‟«»「」『』〝〞〟＂]/g, "'")
    .replace(/^(.{40}).+$/u, '$1…');
}

/** 90 becomes "90 seconds", 600 "10 minutes". */
export function inWords(seconds: number): string {
  if (seconds < 120) return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}

/** A text without anything in it that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '');
}

function linesOf(lines: string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}
