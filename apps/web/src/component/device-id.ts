/** The name that the page `/` has for this browser, too. Not a secret, and worth nothing without its token. */
const KEY = 'scan-login.screen';

/** By which the server knows again who was signed in here. */
export function keptDeviceId(): string | undefined {
  try {
    const kept = localStorage.getItem(KEY) ?? '';
    return /^[\x21-\x7e]{1,128}$/.test(kept) ? kept : undefined;
  } catch {
    return undefined; // storage is forbidden here
  }
}

/** Once the screen is signed in: what was only shown a code leaves nothing behind. */
export function keepDeviceId(id: string): void {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // it lasts as long as the session, then
  }
}
