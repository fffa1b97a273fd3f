import { ScanLoginError, ticketIn } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { Connection } from '../common/connection.js';
import { language, type Language, languageSwitch } from '../common/language.js';
import { around } from '../common/names.js';
import { sign, top } from '../common/parts.js';
import { pageSession } from '../common/session.js';
import './home.js';
import './sign-in.js';
import './ticket-page.js';
import type { Messages } from './messages.en.js';
import { messagesOf } from './messages.js';

type View = 'starting' | 'sign-in' | 'ready' | 'ticket' | 'home' | 'camera' | 'offline';

/** A ticket may be over after this: two minutes are the default. Only a scan would tell for certain. */
const OLD_AFTER_MS = 120_000;

/** The phone's pages: `/l/{uuid}`, where a scanned link leads, and `/phone`, its home. */
class PhonePage extends LitElement {
  static override properties: PropertyDeclarations = {
    view: { state: true },
    language: { state: true },
    problem: { state: true },
    notice: { state: true },
    isOld: { state: true },
  };

  declare private view: View;
  declare private language: Language;
  declare private problem: string;
  /** Why the user must sign in again: a key of `ended`. */
  declare private notice: string;
  /** Whether the code may be over by the time the user has signed in. */
  declare private isOld: boolean;
  private readonly session = pageSession('phone', (reason) => this.ended(reason));
  private readonly connection = new Connection(this, () => this.view === 'offline' && this.begin());
  /** The link that was opened or scanned, and its ticket. */
  private link = '';
  private uuid?: string;

  constructor() {
    super();
    this.view = 'starting';
    this.language = language();
    this.problem = '';
    this.notice = '';
    this.isOld = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // a later code of the same screen differs in its fragment alone, so the browser does not load the page for it; a
    // reload by the page would lose who has opened it
    addEventListener('hashchange', () => this.open());
    this.open();
    if (this.uuid) setTimeout(() => (this.isOld = true), OLD_AFTER_MS);
  }

  private open(): void {
    const [, name] = /^\/l\/([^/]*)$/.exec(location.pathname) ?? [];
    this.link = location.href;
    this.uuid = name && ticketIn(name);
    void this.begin();
  }

  private ended(reason: string): void {
    this.notice = reason;
    this.show('sign-in');
  }

  /** A signed-in phone goes straight to who asks, unless another site has opened the link: see `isFromElsewhere`. */
  private async begin(): Promise<void> {
    this.show('starting');
    try {
      const isIn = await this.session.resume();
      this.show(!isIn ? 'sign-in' : !this.uuid ? 'home' : isFromElsewhere() ? 'ready' : 'ticket');
    } catch (error) {
      if (!(error instanceof ScanLoginError)) throw error;
      this.show('offline');
    }
  }

  /** The user has just pressed a button for this, so a ticket is scanned right away. */
  private signedIn(): void {
    this.notice = '';
    this.show(this.uuid ? 'ticket' : 'home');
  }

  /** The address is that of the ticket from now on, so that a reload shows where it stands. */
  private found(link: string): void {
    this.link = link;
    this.uuid = ticketIn(link);
    const [fragment = ''] = /#.*/.exec(link) ?? [];
    history.replaceState(null, '', `/l/${this.uuid}${fragment}`);
    this.show('ticket');
  }

  private async left({ detail }: CustomEvent<'home' | 'camera' | 'account'>): Promise<void> {
    this.uuid = undefined;
    history.replaceState(null, '', '/phone');
    this.show(detail === 'account' ? 'home' : detail);
    if (detail === 'account') await this.leave();
  }

  private async leave(): Promise<void> {
    try {
      await this.session.signOut();
    } catch (error) {
      if (this.session.current) return this.refusedToLeave(error);
    }
    this.notice = '';
    this.show('sign-in');
  }

  /** The server has not heard of it: who believes to be signed out would leave a phone behind that is not. */
  private refusedToLeave(error: unknown): void {
    if (!(error instanceof ScanLoginError)) throw error;
    const { problems } = messagesOf(this.language);
    this.problem = problems[error.status === 0 ? 'offline' : error.isPassing ? 'busy' : 'other']!;
  }

  private show(view: View): void {
    if (view === this.view) return;
    this.problem = '';
    this.view = view;
    // focus the heading, so that it is read out and a key press triggers no button
    if (view !== 'ticket') void this.updateComplete.then(() => this.querySelector<HTMLElement>('main h1')?.focus());
  }

  protected override render(): TemplateResult {
    const messages = messagesOf(this.language);
    document.documentElement.lang = this.language;
    return html`
      ${top(languageSwitch(this.language, (chosen) => (this.language = chosen)))}
      <main data-at=${this.view}>${this.connection.notice(messages.noNetwork)} ${this.content(messages)}</main>
    `;
  }

  private content(messages: Messages): TemplateResult {
    const { view, session } = this;
    const name = session.current?.account.displayName ?? '';
    switch (view) {
      case 'starting':
        return html`<div class="card stack"><span class="spinner"></span></div>`;
      case 'sign-in':
        return html`<div class="card stack">
          ${this.notice ? html`<p class="notice" role="status">${messages.ended[this.notice] ?? messages.ended['other']}</p>` : nothing}
          ${this.uuid && this.isOld ? html`<p class="notice" role="status">${messages.oldCode}</p>` : nothing}
          <sign-in-form
            .session=${session}
            .messages=${messages}
            .lead=${this.uuid ? messages.signInTo : messages.signInHome}
            @done=${this.signedIn}
          ></sign-in-form>
        </div>`;
      case 'ready':
        return html`<div class="card stack">
          <div>
            <h1 tabindex="-1">${messages.ready}</h1>
            <p class="muted">${around(messages.readyLead, name)}</p>
          </div>
          <button @click=${() => this.show('ticket')}>${messages.see}</button>
          ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
          <button class="bare" @click=${this.leave}>${messages.otherAccount}</button>
        </div>`;
      case 'ticket':
        return html`<ticket-page
          .session=${session}
          .messages=${messages}
          .language=${this.language}
          .uuid=${this.uuid}
          .link=${this.link}
          @leave=${this.left}
        ></ticket-page>`;
      case 'offline': {
        const [title, text] = messages.endings['offline']!;
        return html`<div class="card stack ending" data-kind="offline">
          ${sign('muted')}
          <div>
            <h1 tabindex="-1">${title}</h1>
            <p class="muted">${text}</p>
          </div>
          <button @click=${this.begin}>${messages.next.again}</button>
        </div>`;
      }
      default:
        return html`<phone-home
          .session=${session}
          .messages=${messages}
          .language=${this.language}
          .hasCamera=${view === 'camera'}
          .problem=${this.problem}
          @camera=${() => this.show('camera')}
          @stop=${() => this.show('home')}
          @found=${(event: CustomEvent<string>) => this.found(event.detail)}
          @leave=${this.leave}
        ></phone-home>`;
    }
  }
}

/**
 * Whether another site has opened this page. It might do so to learn who its visitor is: the screen is told the name of
 * the account that scans. The server says so, because a page cannot see it.
 */
function isFromElsewhere(): boolean {
  return document.querySelector<HTMLMetaElement>('meta[name=opened-by]')?.content === 'another-site';
}

customElements.define('phone-page', PhonePage);
