import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError, UnreachableError } from './api.js';
import { complain, say } from './say.js';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

export interface Patience {
  /** Seconds after the first failure during which it is tried again. */
  patience: number;
  signal: AbortSignal;
}

/**
 * Repeats a call for as long as its failure may pass by itself: no answer, too many calls, a fault of the server. Says
 * so once. The call is told how often it was tried before, because an earlier try may have had its effect.
 * @throws what the call throws, if it will not pass or lasts too long; the reason of `signal`
 */
export async function insist<Answer>(
  { patience, signal }: Patience,
  call: (triedBefore: number) => Promise<Answer>,
): Promise<Answer> {
  let until: number | undefined;
  for (let tried = 0; ; tried += 1) {
    try {
      const answer = await call(tried);
      if (tried > 0) say('The server answers again.');
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      until ??= Date.now() + patience * 1000;
      const delay = delayOf(error, tried);
      if (Date.now() + delay > until) throw error;
      if (tried === 0) complain(`${error.message} Trying again …`);
      await pause(delay, signal);
    }
  }
}

/** @throws the reason of `signal` */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** Refused because of when it was asked, not of what was asked. */
function mayPass(error: unknown): error is ProblemError | UnreachableError {
  if (!(error instanceof ProblemError)) return error instanceof UnreachableError;
  const { status } = error.problem;
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Doubles, and scatters: after an outage all screens would come back in the same moment otherwise. */
function delayOf(error: ProblemError | UnreachableError, tried: number): number {
  const most = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** tried);
  const asked = error instanceof ProblemError ? (error.retryAfter ?? 0) * 1000 : 0;
  return asked + most * (0.5 + Math.random() / 2);
}
