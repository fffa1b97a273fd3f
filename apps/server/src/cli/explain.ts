import { ConfigurationError } from '@scan-login/nest/common';
import { WrongSecret } from '@scan-login/nest/token';

export const WRONG_SECRET =
  'APP_SECRET is not the one that the signing keys in this database were stored under: start with that one, or give it as APP_SECRET_PREVIOUS too';

/**
 * What an error of a command tells its user, without a stack.
 * @param failed what did not work, as in "scan-login could not start"
 */
export function explain(error: unknown, failed: string): string {
  if (error instanceof ConfigurationError) return error.message;
  return `${failed}: ${error instanceof WrongSecret ? WRONG_SECRET : reasonOf(error)}`;
}

/** A refused connection to a name with several addresses has a code and no message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as { code?: string }).code || String(error);
}
