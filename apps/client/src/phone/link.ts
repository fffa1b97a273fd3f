const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
/** Ends in the uuid, be it a page of the server (`/l/…`), another page, or the link of an app. */
const LINK = new RegExp(`^(?:[a-z][\\w+.-]*:\\S*[/=])?(${UUID.source})/?$`, 'i');

/**
 * The uuid of the ticket that a link or a code names. Which server it is of is not asked: it is looked up at the
 * session's, and there only; a phone may know that by another address than the screen does.
 * @returns nothing where the text is no such link
 */
export function ticketIn(text: string): string | undefined {
  return LINK.exec(text.trim())?.[1]?.toLowerCase();
}
