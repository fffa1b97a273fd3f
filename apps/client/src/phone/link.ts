/** What the link of a QR code names. */
export interface TicketLink {
  uuid: string;
  /** The first 22 characters of the thumbprint of the screen's key, if it has one. */
  key?: string;
  /** The present code of a rotating ticket. */
  code?: string;
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
/** The path ends in the uuid, be it a page of the server (`/l/…`), another page, or the link of an app. */
const LINK = new RegExp(`^(?:[a-z][\\w+.-]*:\\S*[/=])?(${UUID.source})/?(?:[?#&]\\S*)?$`, 'i');

/**
 * What a link, or the text of a QR code, names. The server in the link is not checked, because a phone may know it by
 * another address than the screen does: the ticket is always looked up on the session's server.
 * @returns nothing if the text is not such a link
 */
export function ticketLink(text: string): TicketLink | undefined {
  const uuid = LINK.exec(text.trim())?.[1]?.toLowerCase();
  return uuid ? { uuid, key: member(text, 'k'), code: member(text, 'c') } : undefined;
}

/** The uuid of the ticket in a link. @returns nothing if the text is not the link of a ticket */
export function ticketIn(text: string): string | undefined {
  return ticketLink(text)?.uuid;
}

/** In the fragment, or in the query, where an app may want them. */
function member(link: string, name: string): string | undefined {
  return new RegExp(`[?#&]${name}=([\\w-]+)`).exec(link)?.[1];
}
