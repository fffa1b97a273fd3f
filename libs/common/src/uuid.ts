const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether PostgreSQL would take it for one; asked first, so that a name which cannot be is none, and no fault. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
