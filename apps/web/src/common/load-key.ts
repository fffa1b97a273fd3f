import { type ProofKey, ScanLoginError } from '@scan-login/client';

const TIMEOUT_MS = 15_000;
/** Most browsers remember a failed load of an address as long as the page lives (whatwg/html#6768): the next try has another. */
let again = '';

/**
 * The key of this browser for one role, from a file of its own: only pages that bind sessions to it load that.
 * @returns nothing where the browser has no keys: on plain http, but for localhost
 * @throws ScanLoginError, a passing one
 */
export async function loadKey(server: string, role: string): Promise<ProofKey | undefined> {
  if (!crypto.subtle) return undefined;
  const late = new Promise<never>((_, fail) => setTimeout(fail, TIMEOUT_MS));
  const loading = import(/* @vite-ignore */ `${server}/assets/device-key.js${again}`);
  try {
    const { deviceKey } = (await Promise.race([loading, late])) as typeof import('./device-key.js');
    return await deviceKey({ name: role });
  } catch (cause) {
    again = `?again=${Date.now()}`;
    throw new ScanLoginError({ code: 'offline', status: 0 }, { cause });
  }
}
