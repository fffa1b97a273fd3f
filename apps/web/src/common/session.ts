import { deviceId } from './device-id.js';
import type { DeviceKey } from './device-key.js';
import { type Call, CallFailed } from './http.js';
import { loadKey } from './load-key.js';
import { proven, publicUrl } from './proven.js';

export interface Account {
  id: string;
  username?: string;
  displayName: string;
  avatarUrl: string | null;
}

interface Tokens {
  tokenType: 'Bearer' | 'DPoP';
  accessToken: string;
  session: { id: string };
  account: Account;
}

/**
 * The session of a page of ours. The access token lives in this object alone, the refresh token in a cookie that no
 * script can read; what is stored is only that there may be one, so that visitors are not asked in vain.
 */
export class PageSession {
  account?: Account;
  id?: string;
  /** Called once when the session turns out to be over, with the reason that the server gives. */
  onEnd?: (reason: string) => void;

  readonly deviceId: string;
  private accessToken = '';
  /** What the session is bound to, if it is. */
  private key?: DeviceKey;
  private refreshing?: Promise<void>;

  /** @param role of this browser: a page that is a phone, and one that is a screen, are two devices */
  constructor(private readonly role: 'phone' | 'screen') {
    this.deviceId = deviceId(`scan-login.${role}`);
  }

  /**
   * Goes on with the session of an earlier visit.
   * @returns whether there is one
   * @throws CallFailed when that cannot be found out now
   */
  async resume(): Promise<boolean> {
    const bound = this.remembered;
    if (bound === null) return false;
    try {
      if (bound) await this.takeKey(bound);
      await this.refresh();
      return true;
    } catch (error) {
      if (error instanceof CallFailed && error.isPassing) throw error;
      this.forget();
      return false;
    }
  }

  /** @param key that the tokens are bound to, if they are */
  begin({ tokenType, accessToken, session, account }: Tokens, key = this.key): void {
    this.key = tokenType === 'DPoP' ? key : undefined;
    this.accessToken = accessToken;
    this.id = session.id;
    this.account = account;
    this.remember(this.key ? JSON.stringify({ base: this.key.base, ahead: this.key.ahead }) : '');
  }

  async signIn(username: string, password: string): Promise<void> {
    const device = { id: this.deviceId, type: 'phone' };
    const body = { username, password, device, refreshCookie: true };
    const key = await this.loadedKey();
    this.begin(await proven<Tokens>(key, '/v1/sessions', { method: 'POST', body }), key);
  }

  async signOut(): Promise<void> {
    await this.call('/v1/sessions/current', { method: 'DELETE' });
    this.forget();
  }

  /**
   * A call in the name of the account.
   * @throws CallFailed
   */
  async call<Answer>(path: string, options: Call = {}): Promise<Answer> {
    try {
      return await this.send<Answer>(path, options);
    } catch (error) {
      if (!(error instanceof CallFailed) || error.status !== 401) throw error;
      if (error.code === 'token_expired') {
        await this.refresh().catch((failed: unknown) => this.endIfOver(failed));
        return this.send<Answer>(path, options);
      }
      return this.endIfOver(error);
    }
  }

  private send<Answer>(path: string, options: Call): Promise<Answer> {
    const scheme = this.key ? 'DPoP' : 'Bearer';
    const headers = { Authorization: `${scheme} ${this.accessToken}`, 'X-Device-Id': this.deviceId };
    return proven<Answer>(this.key, path, { ...options, headers }, this.accessToken);
  }

  /** Nothing where the browser has no keys, or forgets them at a reload: the session would end there. */
  private async loadedKey(): Promise<DeviceKey | undefined> {
    const key = await loadKey('', this.role);
    if (!key?.isKept) return undefined;
    key.base = publicUrl() ?? key.base;
    return key;
  }

  /** As the session of an earlier visit had it, but for the address of the server where the page knows that. */
  private async takeKey(remembered: string): Promise<void> {
    this.key = await loadKey('', this.role);
    if (!this.key) return;
    Object.assign(this.key, JSON.parse(remembered));
    this.key.base = publicUrl() ?? this.key.base;
  }

  /** Once for all who ask meanwhile, and by one tab after the other: a token that another tab has used ends the session. */
  private refresh(): Promise<void> {
    const options = { method: 'POST', headers: { 'X-Device-Id': this.deviceId } } as const;
    const refresh = () => proven<Tokens>(this.key, '/v1/sessions/refresh', options);
    // a browser has locks where it has keys: on https, and on localhost
    const locks = (navigator as Partial<Navigator>).locks;
    this.refreshing ??= (locks ? locks.request(`${this.hint}.refresh`, refresh) : refresh())
      .then((tokens) => this.begin(tokens))
      .finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private endIfOver(error: unknown): never {
    if (error instanceof CallFailed && !error.isPassing && this.accessToken) {
      this.forget();
      this.onEnd?.(error.problem.reason ?? '');
    }
    throw error;
  }

  private forget(): void {
    this.accessToken = '';
    this.account = undefined;
    this.id = undefined;
    this.key = undefined;
    this.remember(null);
  }

  /** Nothing where there is no session; where its key knows the server to be, if it is bound to one. */
  private get remembered(): string | null {
    try {
      return localStorage.getItem(this.hint);
    } catch {
      return null;
    }
  }

  private remember(what: string | null): void {
    try {
      if (what === null) localStorage.removeItem(this.hint);
      else localStorage.setItem(this.hint, what);
    } catch {
      // without storage a reload ends it
    }
  }

  private get hint(): string {
    return `scan-login.${this.role}.signed-in`;
  }
}
