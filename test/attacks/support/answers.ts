import type { HttpResponse } from '../../support/http.js';

/** The expected shape of a refusal, for `toMatchObject`. */
export function refusal(status: number, code: string, members: object = {}) {
  return { status, body: { status, code, ...members } };
}

/** The one response to a client without the secret of a ticket, whether the ticket exists or not. */
export const NO_TICKET = refusal(404, 'ticket_not_found');
/** An invalid token, or one that is not valid for this call. */
export const NO_TOKEN = refusal(401, 'token_invalid');

/** A move that comes too late or too early. */
export function wrongStatus(currentStatus: string) {
  return refusal(409, 'ticket_wrong_status', { currentStatus });
}

/** Everything that a response tells, except the clock. */
export function everythingOf({ status, headers, body }: HttpResponse) {
  return { status, headers: [...headers].filter(([name]) => name !== 'date'), body };
}
