import { retry } from '@scan-login/client';
import { errorMessage } from './error-message.js';
import { print, printError } from './output.js';

/**
 * Repeats a call while its error is a passing one, and says so once.
 * @param seconds after which no more attempts are made; a phone has a minute to decide
 * @throws what the last attempt throws; the reason of `signal`
 */
export async function withRetries<Result>(
  signal: AbortSignal,
  attempt: () => Promise<Result>,
  seconds = 30,
): Promise<Result> {
  let isRetry = false;
  const result = await retry(attempt, {
    within: seconds * 1000,
    signal,
    onRetry: (error) => {
      if (!isRetry) printError(`${errorMessage(error)} Trying again …`);
      isRetry = true;
    },
  });
  if (isRetry) print('The server answers again.');
  return result;
}
