import { retry } from '../http/retry.js';
import { wait } from '../http/wait.js';
import type { Session } from '../session/session.js';
import type { Outcome } from '../wire.js';

/** What became of a decided ticket: the screen is signed in, it has cancelled, or it did not redeem in time. */
export type TicketOutcome = Exclude<Outcome['status'], 'confirmed'>;

/** Seconds that the server holds a call. */
const WAIT = 25;
/** The server knows the outcome for at least that long. */
const WITHIN_MS = 10 * 60_000;
/** Between two calls, if the server does not hold them. */
const LEAST_MS = 1_000;

/**
 * Waits until the screen of a ticket that this phone has confirmed is signed in, or went away. Retries over outages.
 * @throws ScanLoginError ticket_not_found, if this session has not decided it | …; the reason of `signal`
 */
export async function outcomeOf(session: Session, uuid: string, signal?: AbortSignal): Promise<TicketOutcome> {
  const { platform } = session;
  const path = `/v1/tickets/${uuid}/outcome?wait=${WAIT}`;
  const ask = () => session.call<Outcome>(path, { signal, timeout: (WAIT + 10) * 1000 });
  for (;;) {
    const asked = platform.clock.now();
    const { status } = await retry(ask, { within: WITHIN_MS, signal, ...platform });
    if (status !== 'confirmed') return status;
    await wait(platform, asked + LEAST_MS - platform.clock.now(), signal);
  }
}
