/** The page `/` uses the same key. A device id is not a secret: it is useless without its token. */
const KEY = 'scan-login.screen';

/** The id by which the server recognizes this device. */
export function keptDeviceId(): string | undefined {
  try {
    const kept = localStorage.getItem(KEY) ?? '';
    return /^[\x21-\x7e]{1,128}$/.test(kept) ? kept : undefined;
  } catch {
    return undefined; // storage is forbidden here
  }
}

/** Called once the screen is signed in: a visitor who only sees a code gets nothing stored. */
export function keepDeviceId(id: string): void {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // then it lasts as long as the session
  }
}
