import {
  type KnownScreen,
  type KnownScreenList,
  type ListedSession,
  ScanLoginError,
  type Session,
} from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Language } from '../common/language.js';
import { around } from '../common/names.js';
import { avatar } from '../common/parts.js';
import './camera.js';
import './device-list.js';
import './new-screens.js';
import './passkeys.js';
import type { Messages } from './messages.en.js';
import { followNotices } from './notices.js';

/** Nothing tells when a session was used: the list says it as of this long ago. */
const EVERY_MS = 60_000;

/**
 * The home of a signed-in phone: scan a code, and see where the account is signed in, as it is now. Fires `camera` and `stop`, to show
 * the camera or not, `leave` to sign out; `found` of the camera comes through.
 */
class PhoneHome extends LitElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    messages: { attribute: false },
    language: { attribute: false },
    hasCamera: { attribute: false },
    problem: { attribute: false },
    sessions: { state: true },
    screens: { state: true },
    unread: { state: true },
  };

  declare session: Session;
  declare messages: Messages;
  declare language: Language;
  declare hasCamera: boolean;
  declare problem: string;
  declare private sessions?: ListedSession[];
  declare private screens?: KnownScreen[];
  /** Why the lists may be out of date. */
  declare private unread: string;
  private following?: AbortController;

  constructor() {
    super();
    this.unread = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const { signal } = (this.following = new AbortController());
    const timer = setInterval(() => document.hidden || void this.load(), EVERY_MS);
    signal.addEventListener('abort', () => clearInterval(timer));
    void this.updateComplete.then(() => followNotices(this.session, () => void this.load(), signal));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.following?.abort();
  }

  private async load(): Promise<void> {
    const { session } = this;
    try {
      const [sessions, { screens }] = await Promise.all([
        session.sessions(),
        session.call<KnownScreenList>('/v1/account/screens'),
      ]);
      Object.assign(this, { sessions, screens, unread: '' });
    } catch (error) {
      if (!(error instanceof ScanLoginError)) throw error;
      if (error.status !== 401) this.unread = this.messages.problems[error.status === 0 ? 'offline' : 'other']!;
    }
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private tell(type: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  protected override render(): TemplateResult {
    const { session, messages, language, sessions, screens } = this;
    const account = session.current?.account;
    if (!account) return html``;
    return html`
      <div class="card stack">
        <div class="greeting">
          ${avatar(account)}
          <div>
            <h1 tabindex="-1">${around(messages.hello, account.displayName)}</h1>
            <p class="muted">${messages.homeLead}</p>
          </div>
        </div>
        ${
          this.hasCamera
            ? html`<camera-scan
                .messages=${messages}
                @stop=${() => this.tell('stop')}
                @found=${(event: CustomEvent<string>) => this.tell('found', event.detail)}
              ></camera-scan>`
            : html`<button class="wide" @click=${() => this.tell('camera')}>${messages.scan}</button>`
        }
      </div>
      <new-screens
        .session=${session}
        .messages=${messages}
        .language=${language}
        .screens=${screens}
        @changed=${this.load}
      ></new-screens>
      <div class="card stack">
        <device-list
          .session=${session}
          .messages=${messages}
          .language=${language}
          .sessions=${sessions}
          .screens=${screens}
          @changed=${this.load}
        ></device-list>
        ${this.unread ? html`<p class="muted small" role="status">${this.unread}</p>` : nothing}
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
        <button class="bare" @click=${() => this.tell('leave')}>${messages.signOut}</button>
      </div>
      <passkey-list .session=${session} .messages=${messages}></passkey-list>
    `;
  }
}

customElements.define('phone-home', PhoneHome);
