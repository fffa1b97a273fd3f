import type { Session } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Language } from '../common/language.js';
import { around } from '../common/names.js';
import { avatar } from '../common/parts.js';
import './camera.js';
import './device-list.js';
import './passkeys.js';
import type { Messages } from './messages.en.js';

/**
 * The home of a signed-in phone: scan a code, and see where the account is signed in. Fires `camera` and `stop`, to show
 * the camera or not, `leave` to sign out; `found` of the camera comes through.
 */
class PhoneHome extends LitElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    messages: { attribute: false },
    language: { attribute: false },
    hasCamera: { attribute: false },
    problem: { attribute: false },
  };

  declare session: Session;
  declare messages: Messages;
  declare language: Language;
  declare hasCamera: boolean;
  declare problem: string;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private tell(type: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  protected override render(): TemplateResult {
    const { session, messages, language } = this;
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
      <div class="card stack">
        <device-list .session=${session} .messages=${messages} .language=${language}></device-list>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
        <button class="bare" @click=${() => this.tell('leave')}>${messages.signOut}</button>
      </div>
      <passkey-list .session=${session} .messages=${messages}></passkey-list>
    `;
  }
}

customElements.define('phone-home', PhoneHome);
