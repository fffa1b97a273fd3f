import { type Session, session } from '@scan-login/client';
import { loadKey } from './load-key.js';
import { pageStorage } from './page-storage.js';

export type Role = 'phone' | 'screen';

/**
 * The session of a page of ours. The access token is in memory alone, the refresh token in a cookie that no script can
 * read; what is stored is only whose session there may be.
 * @param role of this browser: a page that is a phone, and one that is a screen, are two devices
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

/** Where the server says it is: for pages that prove something before they have seen a code of it. */
function publicUrl(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[name=public-url]')?.content || undefined;
}
