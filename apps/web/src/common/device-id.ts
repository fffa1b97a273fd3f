/**
 * The name of this browser profile, in the role that `key` stands for. Not a secret, and worth nothing without its
 * token. Where nothing may be stored it lasts as long as the page.
 */
export function deviceId(key: string): string {
  // crypto.randomUUID is missing on plain http outside localhost
  const id = crypto.getRandomValues(new Uint32Array(4)).join('-');
  try {
    const kept = localStorage.getItem(key);
    if (kept && /^[\x21-\x7e]{1,128}$/.test(kept)) return kept;
    localStorage.setItem(key, id);
  } catch {
    // storage is forbidden here
  }
  return id;
}
