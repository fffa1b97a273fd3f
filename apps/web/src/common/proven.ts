import type { DeviceKey } from './device-key.js';
import { type Call, call, CallFailed } from './http.js';

/**
 * A call with a proof by this key, where there is one. A proof that is refused is made again, once: the clock of this
 * device may have been wrong, or set since, or the browser has sent the call twice by itself.
 * @param accessToken the one that goes with the call
 * @throws CallFailed
 */
export async function proven<Answer>(
  key: DeviceKey | undefined,
  path: string,
  options: Call,
  accessToken?: string,
): Promise<Answer> {
  const attempt = async () => {
    const proof = key && { DPoP: await key.prove(options.method ?? 'GET', path, accessToken) };
    return call<Answer>(path, { ...options, headers: { ...options.headers, ...proof } });
  };
  try {
    return await attempt();
  } catch (error) {
    if (!key || !(error instanceof CallFailed) || error.code !== 'proof_invalid') throw error;
    key.ahead = await aheadOf();
    return attempt();
  }
}

/** Where the server says it is, in pages that prove something before they have seen a code of it. */
export function publicUrl(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[name=public-url]')?.content || undefined;
}

/** How far the server's clock is ahead of this browser's, in milliseconds, give or take a second. */
async function aheadOf(): Promise<number> {
  try {
    const { headers } = await fetch('/phone', { method: 'HEAD', cache: 'no-store' });
    return Date.parse(headers.get('date')!) - Date.now() || 0;
  } catch {
    throw new CallFailed(0);
  }
}
