import { type ProofKey, ScanLoginError } from '@scan-login/client';

const TIMEOUT_MS = 15_000;
/** Most browsers remember a failed import for the life of the page (whatwg/html#6768), so a retry uses another URL. */
let again = '';

/**
 * The key of this browser for one role. Its code is in a file of its own, which only pages with bound sessions load.
 * @returns nothing if the browser has no keys, as on plain http outside localhost
 * @throws ScanLoginError, a transient one
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
