import { setTimeout as sleep } from 'node:timers/promises';
import { ScanLoginError, type ScannedTicket } from '@scan-login/client';
import { withRetries } from './with-retries.js';

/** How long a screen may take to redeem (the server's default), and how often that is asked. */
const REDEEMED_WITHIN_MS = 60_000;
const PAUSE_MS = { first: 250, longest: 2_000 };

/** `unknown`: nothing was heard of the screen within a minute. */
export type Outcome = 'signed-in' | 'not-signed-in' | 'unknown';

/**
 * Waits until the screen is signed in: a session of the phone that ends earlier takes its confirm along. A confirm may
 * be repeated until the screen uses its session; the refusal then says where the ticket stands.
 * @throws ScanLoginError, a passing one | the reason of `signal`
 */
export async function outcomeOf(ticket: ScannedTicket, signal: AbortSignal): Promise<Outcome> {
  const until = performance.now() + REDEEMED_WITHIN_MS;
  for (let pause = PAUSE_MS.first; performance.now() < until; pause = Math.min(2 * pause, PAUSE_MS.longest)) {
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
