import type { DeviceKey } from './device-key.js';

/**
 * The key of this browser for one role, from a file of its own: only who binds sessions to it loads that.
 * @returns nothing where the browser has no keys: on plain http, but for localhost
 */
export async function loadKey(base: string, role: string): Promise<DeviceKey | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const module = (await import(/* @vite-ignore */ `${base}/assets/device-key.js`)) as typeof import('./device-key.js');
  return module.DeviceKey.of(role);
}
