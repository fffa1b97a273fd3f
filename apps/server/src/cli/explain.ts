import { ConfigurationError } from '@scan-login/nest/common';
import { WrongSecret } from '@scan-login/nest/token';
import { reasonOf } from '../reason-of.js';

export const WRONG_SECRET =
  'APP_SECRET is not the one that encrypted the signing keys in this database: start with that one, or set it as APP_SECRET_PREVIOUS';

/**
 * The message for the user when a command fails, without a stack.
 * @param failed what failed, as in "scan-login could not start"
 */
export function explain(error: unknown, failed: string): string {
  if (error instanceof ConfigurationError) return error.message;
  return `${failed}: ${error instanceof WrongSecret ? WRONG_SECRET : reasonOf(error)}`;
}
