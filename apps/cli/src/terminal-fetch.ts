import os from 'node:os';
import type { Fetch } from '@scan-login/client';

/** There was no response. `message` is a sentence that names the server and the cause. */
export class Unreachable extends Error {}

/**
 * `fetch` for the client. Its User-Agent tells the phone on which system the screen runs, which the server cannot learn
 * otherwise.
 * @throws Unreachable
 */
export const terminalFetch: Fetch = async (url, request) => {
  try {
    return await fetch(url, { ...request, headers: { ...request.headers, 'User-Agent': USER_AGENT } });
  } catch (cause) {
    const { origin } = new URL(url);
    throw new Unreachable(`Nothing answers at ${origin} (${reasonOf(cause)}): is the server running?`, { cause });
  }
};

const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Macintosh; Intel Mac OS X',
  linux: 'X11; Linux',
  win32: `Windows NT ${os.release().split('.').slice(0, 2).join('.')}`,
};
const USER_AGENT = `scan-login/1.0 (${SYSTEMS[process.platform] ?? process.platform})`;

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  UND_ERR_SOCKET: 'connection closed',
  ENOTFOUND: 'unknown host',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
};

/** The message of `fetch` is always "fetch failed"; the cause has the reason. */
function reasonOf(thrown: unknown): string {
  const { code, message, name } = ((thrown as Error).cause ?? thrown) as NodeJS.ErrnoException;
  if (name === 'AbortError') return 'timeout';
  return REASONS[code ?? ''] ?? code ?? message;
}
