import { type Account, type ListedSession, ScanLoginError, type Session } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { Connection } from '../common/connection.js';
import type { Language } from '../common/language.js';
import { around } from '../common/names.js';
import { avatar, facts } from '../common/parts.js';
import { watchSession } from '../common/session-watch.js';
import type { Messages } from './messages.js';

/** Greets the account, names this device and leads to the others. That the token works is for developers, below. */
class SignedIn extends LitElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    messages: { attribute: false },
    language: { attribute: false },
    account: { state: true },
    here: { state: true },
    checked: { state: true },
    isStuck: { state: true },
  };

  declare session: Session;
  declare messages: Messages;
  declare language: Language;
  declare private account?: Account;
  declare private here?: ListedSession;
  declare private checked: Date | 'checking' | 'offline';
  /** Whether the server could not be told of the end. */
  declare private isStuck: boolean;
  private watching?: AbortController;
  private readonly connection = new Connection(this, () => this.check());

  constructor() {
    super();
    this.checked = 'checking';
    this.isStuck = false;
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
      const [account, sessions] = await Promise.all([this.session.account(), this.session.sessions()]);
      this.account = account;
      this.here = sessions.find((one) => one.current);
      this.checked = new Date();
    } catch (error) {
      if (!(error instanceof ScanLoginError)) throw error;
      this.checked = 'offline';
    }
  }

  private async leave(): Promise<void> {
    this.isStuck = false;
    try {
      await this.session.signOut();
      this.dispatchEvent(new CustomEvent('left'));
    } catch (error) {
      if (!(error instanceof ScanLoginError)) throw error;
      this.isStuck = true;
    }
  }

  protected override render(): TemplateResult {
    const { messages, here } = this;
    const account: Account | undefined = this.account ?? this.session.current?.account;
    if (!account) return html``;
    const { name, browser, os } = here?.device ?? {};
    return html`<section class="card stack">
      ${this.connection.notice(messages.noNetwork)}
      <div class="greeting">
        ${avatar(account)}
        <div>
          <h1 tabindex="-1">${around(messages.hello, account.displayName)}</h1>
          <p class="muted">${messages.signedIn} ${messages.notYours}</p>
        </div>
      </div>
      ${facts([
        [messages.account, account.username ?? account.displayName],
        [messages.device, [name, browser, os].filter(Boolean).join(' · ') || '…'],
        [messages.since, here ? this.time(new Date(here.createdAt), true) : '…'],
      ])}
      <p class="muted small">${messages.devicesLead} <a href="/phone">${location.host}/phone</a></p>
      <p class="bad" role="alert">${this.isStuck ? messages.notSignedOut : nothing}</p>
      <button class="quiet" @click=${this.leave}>${messages.signOut}</button>
      <details>
        <summary>${messages.developers}</summary>
        <div class="stack">
          ${facts([
            [messages.address, here?.ip ?? '…'],
            [messages.token, html`<span role="status" class=${this.isGood ? 'good' : ''}>${this.verdict()}</span>`],
          ])}
          <button class="quiet" @click=${this.check}>${messages.check}</button>
        </div>
      </details>
    </section>`;
  }

  private get isGood(): boolean {
    return this.checked instanceof Date;
  }

  private verdict(): string {
    const { checked, messages } = this;
    if (checked instanceof Date) return messages.works(this.time(checked));
    return checked === 'checking' ? messages.checking : messages.offline;
  }

  private time(moment: Date, withDay = false): string {
    const parts = { hour: 'numeric', minute: '2-digit', second: withDay ? undefined : '2-digit' } as const;
    const day = withDay ? ({ month: 'long', day: 'numeric' } as const) : {};
    return new Intl.DateTimeFormat(this.language, { ...day, ...parts }).format(moment);
  }
}

customElements.define('signed-in', SignedIn);
