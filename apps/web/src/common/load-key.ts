import type { DeviceKey } from './device-key.js';
import { CallFailed } from './http.js';

const PATIENCE_MS = 15_000;
/** Most browsers remember a failed load of an address as long as the page lives (whatwg/html#6768): the next try has another. */
let again = '';

/**
 * The key of this browser for one role, from a file of its own: only who binds sessions to it loads that.
 * @returns nothing where the browser has no keys: on plain http, but for localhost
 * @throws CallFailed, a passing one
 */
export async function loadKey(base: string, role: string): Promise<DeviceKey | undefined> {
  if (!crypto.subtle) return undefined;
  const late = new Promise<never>((_, fail) => setTimeout(fail, PATIENCE_MS));
  const loading = import(/* @vite-ignore */ `${base}/assets/device-key.js${again}`);
  try {
    const module = (await Promise.race([loading, late])) as typeof import('./device-key.js');
    return await module.DeviceKey.of(role);
  } catch {
    again = `?again=${Date.now()}`;
    throw new CallFailed(0);
  }
}
