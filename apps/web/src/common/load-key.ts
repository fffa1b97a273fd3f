import { type ProofKey, ScanLoginError } from '@scan-login/client';

const TIMEOUT_MS = 15_000;
/** Most browsers remember a failed import for the life of the page (whatwg/html#6768), so a retry uses another URL. */
let again = '';

/** What the server has in a file of its own, because few pages need it. */
interface Files {
  'device-key': typeof import('./device-key.js');
  passkey: typeof import('../component/passkey.js');
}

/** Loads one of them, and uses it. @throws ScanLoginError, a transient one */
export async function load<Name extends keyof Files, Result>(
  server: string,
  name: Name,
  use: (file: Files[Name]) => Promise<Result> | Result,
): Promise<Result> {
  const late = new Promise<never>((_, fail) => setTimeout(fail, TIMEOUT_MS));
  try {
    const loading = import(/* @vite-ignore */ `${server}/assets/${name}.js${again}`) as Promise<Files[Name]>;
    return await use(await Promise.race([loading, late]));
  } catch (cause) {
    again = `?again=${Date.now()}`;
    throw new ScanLoginError({ code: 'offline', status: 0 }, { cause });
  }
}

/**
 * The key of this browser for one role.
 * @returns nothing if the browser has no keys, as on plain http outside localhost
 * @throws ScanLoginError, a transient one
 */
export async function loadKey(server: string, role: string): Promise<ProofKey | undefined> {
  if (!crypto.subtle) return undefined;
  return load(server, 'device-key', ({ deviceKey }) => deviceKey({ name: role }));
}
