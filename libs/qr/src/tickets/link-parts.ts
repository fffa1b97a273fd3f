/** What the link of a ticket says besides the uuid. */
export interface LinkParts {
  /** The first 22 characters of the thumbprint of the screen's key. The phone compares it with `screen.key` of the scan. */
  key?: string;
  /** The present code of a link that rotates, 8 base64url characters. The phone sends it with the scan. */
  code?: string;
}

/** Characters of the thumbprint in a link: 132 bits, so nobody finds a second key with the same ones. */
export const KEY_IN_LINK = 22;

/**
 * The parts as the fragment of a link, which no browser sends to a server: it is in no log and no `Referer` header.
 * @returns `#k=…&c=…`, with what there is of the two; or an empty string
 */
export function linkFragment({ key, code }: LinkParts): string {
  const parts = [key && `k=${key}`, code && `c=${code}`].filter(Boolean);
  return parts.length === 0 ? '' : `#${parts.join('&')}`;
}
