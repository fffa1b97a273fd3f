const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
/** Ends in the uuid, be it a page of the server (`/l/…`), another page, or the link of an app. */
const LINK = new RegExp(`^(?:[a-z][\\w+.-]*:\\S*[/=])?(${UUID.source})/?$`, 'i');

/**
 * The uuid of the ticket in a link, or in the text of a QR code. The server in the link is not checked, because a phone
 * may know it by another address than the screen does: the ticket is always looked up on the session's server.
 * @returns nothing if the text is not such a link
 */
export function ticketIn(text: string): string | undefined {
  return LINK.exec(text.trim())?.[1]?.toLowerCase();
}
