import { deviceId } from './device-id.js';
import { type Call, call, CallFailed } from './http.js';

export interface Account {
  id: string;
  username?: string;
  displayName: string;
  avatarUrl: string | null;
}

interface Tokens {
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
    if (!this.mayResume) return false;
    try {
      await this.refresh();
      return true;
    } catch (error) {
      if (error instanceof CallFailed && error.isPassing) throw error;
      this.forget();
      return false;
    }
  }

  begin({ accessToken, session, account }: Tokens): void {
    this.accessToken = accessToken;
    this.id = session.id;
    this.account = account;
    this.remember(true);
  }

  async signIn(username: string, password: string): Promise<void> {
    const device = { id: this.deviceId, type: 'phone' };
    const body = { username, password, device, refreshCookie: true };
    this.begin(await call<Tokens>('/v1/sessions', { method: 'POST', body }));
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
    const headers = { Authorization: `Bearer ${this.accessToken}`, 'X-Device-Id': this.deviceId };
    return call<Answer>(path, { ...options, headers });
  }

  /** Once for all who ask meanwhile. */
  private refresh(): Promise<void> {
    this.refreshing ??= call<Tokens>('/v1/sessions/refresh', {
      method: 'POST',
      headers: { 'X-Device-Id': this.deviceId },
    })
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
    this.remember(false);
  }

  private get mayResume(): boolean {
    try {
      return localStorage.getItem(this.hint) !== null;
    } catch {
      return false;
    }
  }

  private remember(is: boolean): void {
    try {
      if (is) localStorage.setItem(this.hint, '1');
      else localStorage.removeItem(this.hint);
    } catch {
      // without storage a reload ends it
    }
  }

  private get hint(): string {
    return `scan-login.${this.role}.signed-in`;
  }
}
