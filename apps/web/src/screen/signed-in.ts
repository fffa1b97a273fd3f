import { html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit';
import { CallFailed } from '../common/http.js';
import type { Language } from '../common/language.js';
import { around } from '../common/names.js';
import { avatar, facts } from '../common/parts.js';
import type { Account, PageSession } from '../common/session.js';
import { watchSession } from '../common/session-watch.js';
import type { Words } from './words.js';

interface Device {
  current: boolean;
  device: { name: string | null; browser: string | null; os: string | null };
  ip: string;
  createdAt: string;
}

/** Greets the account, and shows that the token of this screen works. */
class SignedIn extends LitElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    words: { attribute: false },
    language: { attribute: false },
    here: { state: true },
    checked: { state: true },
  };

  declare session: PageSession;
  declare words: Words;
  declare language: Language;
  declare private here?: Device;
  declare private checked: Date | 'checking' | 'offline';
  private watching?: AbortController;

  constructor() {
    super();
    this.checked = 'checking';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.watching = new AbortController();
    void watchSession(this.session, this.watching.signal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.watching?.abort();
  }

  protected override firstUpdated(): void {
    this.querySelector('h1')!.focus();
    void this.check();
  }

  private async check(): Promise<void> {
    this.checked = 'checking';
    try {
      const [account, { sessions }] = await Promise.all([
        this.session.call<Account>('/v1/account'),
        this.session.call<{ sessions: Device[] }>('/v1/sessions'),
      ]);
      this.session.account = account;
      this.here = sessions.find((one) => one.current);
      this.checked = new Date();
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      this.checked = 'offline';
    }
  }

  private async leave(): Promise<void> {
    try {
      await this.session.signOut();
      this.dispatchEvent(new CustomEvent('left'));
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      this.checked = 'offline';
    }
  }

  protected override render(): TemplateResult {
    const { words, here } = this;
    const account = this.session.account;
    if (!account) return html``;
    const { name, browser, os } = here?.device ?? {};
    return html`<section class="card stack">
      <div class="greeting">
        ${avatar(account)}
        <div>
          <h1 tabindex="-1">${around(words.hello, account.displayName)}</h1>
          <p class="muted">${words.signedIn} ${words.notYours}</p>
        </div>
      </div>
      ${facts([
        [words.account, account.username ?? account.displayName],
        [words.device, [name, browser, os].filter(Boolean).join(' · ') || '…'],
        [words.address, here?.ip ?? '…'],
        [words.since, here ? this.time(new Date(here.createdAt), true) : '…'],
        [words.token, html`<span role="status" class=${this.isGood ? 'good' : ''}>${this.verdict()}</span>`],
      ])}
      <p class="muted small">${words.sample} <a href="/phone">${location.host}/phone</a></p>
      <div class="actions">
        <button class="quiet" @click=${this.check}>${words.check}</button>
        <button class="quiet" @click=${this.leave}>${words.signOut}</button>
      </div>
    </section>`;
  }

  private get isGood(): boolean {
    return this.checked instanceof Date;
  }

  private verdict(): string {
    const { checked, words } = this;
    if (checked instanceof Date) return words.works(this.time(checked));
    return checked === 'checking' ? words.checking : words.offline;
  }

  private time(moment: Date, withDay = false): string {
    const parts = { hour: 'numeric', minute: '2-digit', second: withDay ? undefined : '2-digit' } as const;
    const day = withDay ? ({ month: 'long', day: 'numeric' } as const) : {};
    return new Intl.DateTimeFormat(this.language, { ...day, ...parts }).format(moment);
  }
}

customElements.define('signed-in', SignedIn);
