import { retry } from '@scan-login/client';
import { errorMessage } from './error-message.js';
import { print, printError } from './output.js';

/**
 * Retries a call while its error is temporary, and prints that once.
 * @param seconds time after which it gives up; a phone has a minute to decide
 * @throws the error of the last attempt | the reason of `signal`
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
