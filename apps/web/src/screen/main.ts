import { retry } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import '../component/index.js';
import { language, type Language, languageSwitch } from '../common/language.js';
import { top } from '../common/parts.js';
import { pageSession } from '../common/session.js';
import { messagesOf as messagesOfCode } from '../component/messages.js';
import type { QrLoginEventMap } from '../component/events.js';
import { type Messages, messagesOf } from './messages.js';

/** Loaded while the code is shown, so that it is ready after the login. */
const loadSignedIn = () => import('./signed-in.js');

/** The page `/`: a code, and after the login a greeting. In the light DOM, where the page's style sheet reaches it. */
class ScreenPage extends LitElement {
  static override properties: PropertyDeclarations = {
    state: { state: true },
    language: { state: true },
    notice: { state: true },
    isOffline: { state: true },
  };

  declare private state: 'resuming' | 'code' | 'in';
  declare private language: Language;
  /** Why the session is over: a key of `ended`, or `signedOut`. */
  declare private notice: string;
  /** Whether the server cannot be reached while it is not known if this screen is signed in. */
  declare private isOffline: boolean;
  private readonly session = pageSession('screen', (reason) => this.leave(reason));

  constructor() {
    super();
    this.state = 'resuming';
    this.language = language();
    this.notice = '';
    this.isOffline = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.begin();
  }

  private async begin(): Promise<void> {
    const resume = () => this.session.resume();
    const isIn = await retry(resume, { within: Infinity, onRetry: () => (this.isOffline = true) }).catch(() => false);
    if (isIn) await loadSignedIn();
    this.state = isIn ? 'in' : 'code';
    if (!isIn) setTimeout(() => void loadSignedIn().catch(() => undefined), 300);
  }

  private async login({ detail }: QrLoginEventMap['login']): Promise<void> {
    await this.session.begin(detail);
    try {
      await loadSignedIn();
    } catch {
      // the session is kept; most browsers do not load a file again that has failed once
      return location.reload();
    }
    this.notice = '';
    this.state = 'in';
  }

  private leave(why: string): void {
    this.notice = why;
    this.state = 'code';
    void this.updateComplete.then(() => this.querySelector('h1')?.focus());
  }

  protected override render(): TemplateResult {
    const messages = messagesOf(this.language);
    document.documentElement.lang = this.language;
    document.title = `${this.state === 'in' ? messages.signedIn : messages.title} · scan-login`;
    return html`
      ${top(languageSwitch(this.language, (chosen) => (this.language = chosen)))}
      <main class=${this.state}>${this.state === 'in' ? this.inside(messages) : this.outside(messages)}</main>
    `;
  }

  private outside(messages: Messages): TemplateResult {
    const { notice } = this;
    const said = notice === 'signedOut' ? messages.signedOut : (messages.ended[notice] ?? messages.ended['other']);
    return html`
      <div class="intro">
        ${notice ? html`<p class="notice" role="status">${said}</p>` : nothing}
        <h1 tabindex="-1">${messages.title}</h1>
        <p class="lead muted">${messages.lead}</p>
        <ol class="steps">
          ${messages.steps.map((step) => html`<li><span>${step}</span></li>`)}
        </ol>
        <p class="muted small">${messages.newHere}</p>
      </div>
      <div class="card code">
        ${
          this.state === 'resuming'
            ? html`<span class="spinner"></span>
                <p class="muted" role="status">${this.isOffline ? messagesOfCode(this.language).offline : nothing}</p>`
            : html`<qr-login refresh-cookie bound lang=${this.language} @login=${this.login}
                ><span slot="heading"></span
              ></qr-login>`
        }
      </div>
    `;
  }

  private inside(messages: Messages): TemplateResult {
    return html`<signed-in
      .session=${this.session}
      .messages=${messages}
      .language=${this.language}
      @left=${() => this.leave('signedOut')}
    ></signed-in>`;
  }
}

customElements.define('screen-page', ScreenPage);
