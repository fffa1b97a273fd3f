import { setTimeout as sleep } from 'node:timers/promises';
import { ScanLoginError, type ScannedTicket } from '@scan-login/client';
import { withRetries } from './with-retries.js';

/** How long a screen may take to redeem (the server's default), and how often to check. */
const REDEEMED_WITHIN_MS = 60_000;
const BACKOFF_MS = { first: 250, longest: 2_000 };

/** `unknown`: the screen did not redeem or fail within a minute. */
export type Outcome = 'signed-in' | 'not-signed-in' | 'unknown';

/**
 * Waits until the screen is signed in, because the confirm is withdrawn if the phone's session ends earlier. Checks by
 * repeating the confirm, which is accepted until the screen uses its session; the error then has the ticket's status.
 * @throws ScanLoginError, a passing one | the reason of `signal`
 */
export async function outcomeOf(ticket: ScannedTicket, signal: AbortSignal): Promise<Outcome> {
  const until = performance.now() + REDEEMED_WITHIN_MS;
  for (let pause = BACKOFF_MS.first; performance.now() < until; pause = Math.min(2 * pause, BACKOFF_MS.longest)) {
    await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
    try {
      await withRetries(signal, () => ticket.confirm(undefined, { signal }));
    } catch (error) {
      if (!(error instanceof ScanLoginError) || error.isPassing) throw error;
      return error.currentStatus === 'redeemed' ? 'signed-in' : 'not-signed-in';
    }
  }
  return 'unknown';
}
