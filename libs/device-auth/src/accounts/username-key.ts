/** How user names are compared: cases and forms of letters do not count. */
export function keyOf(username: string): string {
  return username.normalize('NFKC').toLowerCase();
}
