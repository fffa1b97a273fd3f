import type { SessionStorage } from '@scan-login/client';

/** `localStorage`, with the names and the values that earlier versions have left there: their sessions go on. */
export const pageStorage: SessionStorage = {
  getItem: (key) => upgraded(localStorage.getItem(nameOf(key)), key),
  setItem: (key, value) => localStorage.setItem(nameOf(key), value),
  removeItem: (key) => localStorage.removeItem(nameOf(key)),
};

function nameOf(key: string): string {
  return key.replace(/\.session$/, '.signed-in').replace(/\.device$/, '');
}

/** Before, there was only where and when the server is, or an empty text where the session was bound to no key. */
function upgraded(value: string | null, key: string): string | null {
  if (value === null || !key.endsWith('.session')) return value;
  const kept = value ? (JSON.parse(value) as { session?: object }) : {};
  if (kept.session) return value;
  const bound = value && { tokenType: 'DPoP', proof: kept };
  return JSON.stringify({ session: { id: '' }, account: {}, ...(bound || undefined) });
}
