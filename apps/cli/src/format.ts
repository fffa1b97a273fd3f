/** Control characters could move the cursor or recolour the terminal, bidi ones turn a text around. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu;

/** A text without anything in it that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '');
}

/** A name from elsewhere, fit to stand between quotation marks: at most 40 characters, and no quotation marks in it. */
export function quotable(name: string): string {
  return name
    .replaceAll(/[\s\p{Z}]+/gu, ' ')
    .replaceAll(/["“”„‟«»「」『』〝〞〟＂]/g, "'")
    .replace(/^(.{40}).+$/u, '$1…');
}

/** 90 becomes "90 seconds", 600 "10 minutes". */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}

/** One word for a shell, whatever is in it: a link comes from the server. */
export function shellWord(text: string): string {
  return /^[\w:/.%~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
