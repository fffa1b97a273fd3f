import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import '../component/index.js';
import type { DeviceKey } from '../common/device-key.js';
import { language, type Language, languageSwitch } from '../common/language.js';
import { top } from '../common/parts.js';
import { PageSession } from '../common/session.js';
import type { Tokens } from '../component/screen-api.js';
import { type Words, wordsOf } from './words.js';

/** Loaded while the code waits, so that it is there when it is needed. */
const loadSignedIn = () => import('./signed-in.js');

/** The page `/`: a code, and after the login a greeting. In the light DOM, where the page's style sheet reaches it. */
class ScreenPage extends LitElement {
  static override properties: PropertyDeclarations = {
    state: { state: true },
    language: { state: true },
    notice: { state: true },
  };

  declare private state: 'resuming' | 'code' | 'in';
  declare private language: Language;
  /** Why one is here again: a key of `ended`, or `signedOut`. */
  declare private notice: string;
  private readonly session = new PageSession('screen');

  constructor() {
    super();
    this.state = 'resuming';
    this.language = language();
    this.notice = '';
    this.session.onEnd = (reason) => this.leave(reason || 'other');
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.begin();
  }

  private async begin(): Promise<void> {
    const isIn = await this.session.resume().catch(() => false);
    if (isIn) await loadSignedIn();
    this.state = isIn ? 'in' : 'code';
    if (!isIn) setTimeout(() => void loadSignedIn().catch(() => undefined), 300);
  }

  private async login({ detail }: CustomEvent<{ tokens: Tokens; key?: DeviceKey }>): Promise<void> {
    this.session.begin(detail.tokens, detail.key);
    await loadSignedIn();
    this.notice = '';
    this.state = 'in';
  }

  private leave(why: string): void {
    this.notice = why;
    this.state = 'code';
  }

  protected override render(): TemplateResult {
    const words = wordsOf(this.language);
    document.documentElement.lang = this.language;
    document.title = `${this.state === 'in' ? words.signedIn : words.title} · scan-login`;
    return html`
      ${top(languageSwitch(this.language, (chosen) => (this.language = chosen)))}
      <main class=${this.state}>${this.state === 'in' ? this.inside(words) : this.outside(words)}</main>
    `;
  }

  private outside(words: Words): TemplateResult {
    const { notice } = this;
    const said = notice === 'signedOut' ? words.signedOut : (words.ended[notice] ?? words.ended['other']);
    return html`
      <div class="intro">
        ${notice ? html`<p class="notice" role="status">${said}</p>` : nothing}
        <h1>${words.title}</h1>
        <p class="lead muted">${words.lead}</p>
        <ol class="steps">
          ${words.steps.map((step) => html`<li><span>${step}</span></li>`)}
        </ol>
        <p class="muted small">${words.newHere}</p>
      </div>
      <div class="card code">
        ${
          this.state === 'resuming'
            ? html`<span class="spinner"></span>`
            : html`<qr-login refresh-cookie bound lang=${this.language} @login=${this.login}
                ><span slot="heading"></span
              ></qr-login>`
        }
      </div>
    `;
  }

  private inside(words: Words): TemplateResult {
    return html`<signed-in
      .session=${this.session}
      .words=${words}
      .language=${this.language}
      @left=${() => this.leave('signedOut')}
    ></signed-in>`;
  }
}

customElements.define('screen-page', ScreenPage);
