import type { Answer } from '../../support/http.js';

/** What a refusal must look like: `toMatchObject` takes it. */
export function refusal(status: number, code: string, members: object = {}) {
  return { status, body: { status, code, ...members } };
}

/** The one answer to whoever does not know the secret of a ticket, whether there is a ticket or not. */
export const NO_TICKET = refusal(404, 'ticket_not_found');
/** A token that is none, or none for here. */
export const NO_TOKEN = refusal(401, 'token_invalid');

/** A move that comes too late or too early. */
export function wrongStatus(currentStatus: string) {
  return refusal(409, 'ticket_wrong_status', { currentStatus });
}

/** All that an answer tells, but for the clock. */
export function everythingOf({ status, headers, body }: Answer) {
  return { status, headers: [...headers].filter(([name]) => name !== 'date'), body };
}
