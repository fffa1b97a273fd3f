/** The form in which user names are compared: upper and lower case and variants of letters are the same. */
export function keyOf(username: string): string {
  return username.normalize('NFKC').toLowerCase();
}
