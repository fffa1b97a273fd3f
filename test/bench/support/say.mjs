/** A line of progress on stderr; only the results go to stdout. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}
