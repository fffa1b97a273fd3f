/** Control characters could move the cursor or change colors; bidi characters could reverse the text. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu;

/** Removes characters that would control the terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '');
}

/** Makes an untrusted name safe to print in quotation marks: at most 40 characters, without quotation marks. */
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

/** Quotes a text as one shell word, because links come from the server. */
export function shellWord(text: string): string {
  return /^[\w:/.%~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
