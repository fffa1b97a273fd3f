import { type Session, session } from '@scan-login/client';
import { loadKey } from './load-key.js';
import { pageStorage } from './page-storage.js';

export type Role = 'phone' | 'screen';

/**
 * The session of one of our pages. The access token is only in memory, and the refresh token in a cookie that no script
 * can read; the storage has only the account and session id.
 * @param role phone pages and screen pages of one browser are two devices
 * @param onEnd called once when the session turns out to be over
 */
export function pageSession(role: Role, onEnd: (reason: string) => void): Session {
  return session({
    server: '',
    publicUrl: publicUrl(),
    name: `scan-login.${role}`,
    storage: pageStorage,
    refreshCookie: true,
    key: () => loadKey('', role),
    onEnd,
  });
}

/** The server's `PUBLIC_URL`, for pages that need it for a proof before they have opened a ticket. */
export function publicUrl(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[name=public-url]')?.content || undefined;
}
