import { ScanLoginError } from '@scan-login/client';
import { Unreachable } from './terminal-fetch.js';

/** Describes an error in one sentence. */
export function errorMessage(error: ScanLoginError): string {
  const { cause, code, status, message } = error;
  if (cause instanceof Unreachable) return cause.message;
  if (code === 'offline') return 'The connection to the server was lost.';
  if (code === 'unexpected')
    return `This is not the response of a scan-login server (HTTP ${status}): is the address right?`;
  return `${message}.`;
}
