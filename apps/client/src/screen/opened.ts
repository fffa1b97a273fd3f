import type { OpenedTicket } from '../wire.js';

/** A link may be an app's own, and must not be a script. */
export const isLink = (url = ''): boolean => /^(?!java)\w\S*:/i.test(url);

/** Whether this is an opened ticket, whose parts may become parts of URLs. */
export const isOpened = ({ uuid, secret, qrUrl }: Partial<OpenedTicket>) =>
  /^[\w-]+$/.test(uuid ?? '') && secret && isLink(qrUrl);
