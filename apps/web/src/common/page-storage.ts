import type { SessionStorage } from '@scan-login/client';

/** `localStorage`, with the keys and values of earlier versions, so that their sessions go on. */
export const pageStorage: SessionStorage = {
  getItem: (key) => upgraded(localStorage.getItem(nameOf(key)), key),
  setItem: (key, value) => localStorage.setItem(nameOf(key), value),
  removeItem: (key) => localStorage.removeItem(nameOf(key)),
};

function nameOf(key: string): string {
  return key.replace(/\.session$/, '.signed-in').replace(/\.device$/, '');
}

/**
 * Earlier versions stored only the server's address and clock, or an empty text if the session was not bound to a key.
 */
function upgraded(value: string | null, key: string): string | null {
  if (value === null || !key.endsWith('.session')) return value;
  const kept = value ? (JSON.parse(value) as { session?: object }) : {};
  if (kept.session) return value;
  const bound = value && { tokenType: 'DPoP', proof: kept };
  return JSON.stringify({ session: { id: '' }, account: {}, ...(bound || undefined) });
}
