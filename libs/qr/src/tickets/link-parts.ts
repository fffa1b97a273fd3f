/** What the link of a ticket says besides the uuid. */
export interface LinkParts {
  /** The first 22 characters of the thumbprint of the screen's key. The phone compares it with `screen.key` of the scan. */
  key?: string;
}

/** Characters of the thumbprint in a link: 132 bits, so nobody finds a second key with the same ones. */
export const KEY_IN_LINK = 22;

/**
 * The parts as the fragment of a link, which no browser sends to a server: it is in no log and no `Referer` header.
 * @returns `#k=…`, or an empty string if there is nothing to say
 */
export function linkFragment({ key }: LinkParts): string {
  return key === undefined ? '' : `#k=${key}`;
}
