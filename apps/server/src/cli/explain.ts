import { ConfigurationError } from '@scan-login/nest/common';
import { WrongSecret } from '@scan-login/nest/token';

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

const CANNOT_LISTEN: Record<string, string> = {
  EADDRINUSE: 'another program uses it: end that, or set PORT to another one',
  EACCES: 'this user may not: set PORT to one above 1023',
  EADDRNOTAVAIL: 'this machine does not have that address: correct HOST',
};

/** The error of a refused connection to a host with several addresses has a code and no message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { syscall, code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (syscall === 'listen' && CANNOT_LISTEN[code ?? '']) {
    return `Cannot listen on port ${port} of ${address}: ${CANNOT_LISTEN[code!]}`;
  }
  return error.message || (error as { code?: string }).code || String(error);
}
