const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Whether PostgreSQL accepts the text as a uuid. Checked first, so that any other text is not found rather than an
 * error.
 */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
