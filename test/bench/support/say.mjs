/** A line of progress, for the person who waits; the results alone go to stdout. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}
