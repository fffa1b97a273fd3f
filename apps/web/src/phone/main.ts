import { phone, type ScannedTicket, ScanLoginError, ticketIn } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { language, type Language, languageSwitch } from '../common/language.js';
import { around } from '../common/names.js';
import { avatar, sign, top } from '../common/parts.js';
import { pageSession } from '../common/session.js';
import './camera.js';
import './device-list.js';
import './sign-in.js';
import { endingOf } from './endings.js';
import './who-asks.js';
import type { Decision } from './who-asks.js';
import type { Messages } from './messages.en.js';
import { messagesOf } from './messages.js';

type View =
  | { at: 'starting' | 'sign-in' | 'ready' | 'home' | 'camera' }
  | { at: 'who'; ticket: ScannedTicket }
  | { at: 'ending'; kind: string };

/** There is no sign of success: the phone cannot know whether the screen is signed in. */
const SIGNS: Record<string, 'sent' | 'bad'> = { confirmed: 'sent', notMe: 'bad', wrongNumber: 'bad' };
/** Endings after which the same step may be tried again. */
const PASSING = new Set(['offline', 'failed']);

/** The phone's pages: `/l/{uuid}`, where a scanned link leads, and `/phone`, its home. */
class PhonePage extends LitElement {
  static override properties: PropertyDeclarations = {
    view: { state: true },
    language: { state: true },
    isBusy: { state: true },
    problem: { state: true },
    notice: { state: true },
  };

  declare private view: View;
  declare private language: Language;
  declare private isBusy: boolean;
  declare private problem: string;
  /** Why the user must sign in again: a key of `ended`. */
  declare private notice: string;
  private readonly session = pageSession('phone', (reason) => this.ended(reason));
  /** Of the ticket in the link, or of the one that was scanned here. */
  private uuid?: string;
  /** Its link, with the key and the code of the screen. */
  private link = location.href;
  private running?: ReturnType<typeof setTimeout>;

  constructor() {
    super();
    this.view = { at: 'starting' };
    this.language = language();
    this.isBusy = false;
    this.problem = '';
    this.notice = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.begin();
  }

  private ended(reason: string): void {
    this.notice = reason;
    this.show({ at: 'sign-in' });
  }

  /** Opening the page only checks whether this phone is signed in: it scans nothing. */
  private async begin(): Promise<void> {
    this.show({ at: 'starting' });
    const [, landing, name] = /^\/(l)\/([^/]*)$/.exec(location.pathname) ?? [];
    if (landing) {
      const uuid = ticketIn(decodeURIComponent(name!));
      if (!uuid) return this.show({ at: 'ending', kind: 'unknown' });
      this.uuid = uuid;
    }
    try {
      const isIn = await this.session.resume();
      this.show({ at: !isIn ? 'sign-in' : this.uuid ? 'ready' : 'home' });
    } catch (error) {
      if (!(error instanceof ScanLoginError)) throw error;
      this.show({ at: 'ending', kind: 'offline' });
    }
  }

  /** The user has just pressed a button for this, so a ticket is scanned right away. */
  private async signedIn(): Promise<void> {
    this.notice = '';
    if (this.uuid) await this.scan();
    else this.show({ at: 'home' });
  }

  private async scan(): Promise<void> {
    this.isBusy = true;
    try {
      const ticket = await phone(this.session).scan(this.link);
      this.problem = '';
      this.show({ at: 'who', ticket });
      this.running = setTimeout(() => this.show({ at: 'ending', kind: 'expired' }), ticket.expiresIn * 1000);
    } catch (error) {
      this.refused(error);
    } finally {
      this.isBusy = false;
    }
  }

  private found(link: string): void {
    this.link = link;
    this.uuid = ticketIn(link);
    void this.scan();
  }

  private async decide(ticket: ScannedTicket, decision: Decision): Promise<void> {
    this.isBusy = true;
    this.problem = '';
    try {
      if (decision.say === 'confirm') await ticket.confirm(decision.number);
      else await ticket.deny(decision.reason);
      const kind = decision.say === 'confirm' ? 'confirmed' : decision.reason === 'not_me' ? 'notMe' : 'denied';
      this.show({ at: 'ending', kind });
    } catch (error) {
      this.refused(error);
    } finally {
      this.isBusy = false;
    }
  }

  /** After a lost connection the decision stays open, and the button may be pressed again. */
  private refused(error: unknown): void {
    if (!(error instanceof ScanLoginError)) throw error;
    const messages = messagesOf(this.language);
    // it is over, which has been told
    if (!this.session.current) return;
    if (this.view.at === 'who' && error.isPassing)
      this.problem = messages.problems[error.status === 0 ? 'offline' : 'busy']!;
    else if (error.code === 'number_wrong' && error.triesLeft) this.problem = messages.numberWrong(error.triesLeft);
    else this.show({ at: 'ending', kind: endingOf(error) });
  }

  private toHome(): void {
    this.uuid = undefined;
    history.replaceState(null, '', '/phone');
    this.show({ at: this.session.current ? 'home' : 'starting' });
    if (!this.session.current) void this.begin();
  }

  private async leave(): Promise<void> {
    try {
      await this.session.signOut();
    } catch (error) {
      if (this.session.current) return this.refusedToLeave(error);
    }
    this.show({ at: 'sign-in' });
  }

  /** The server has not heard of it: who believes to be signed out would leave a phone behind that is not. */
  private refusedToLeave(error: unknown): void {
    if (!(error instanceof ScanLoginError)) throw error;
    const { problems } = messagesOf(this.language);
    this.problem = problems[error.status === 0 ? 'offline' : error.isPassing ? 'busy' : 'other']!;
  }

  private show(view: View): void {
    clearTimeout(this.running);
    const isNew = view.at !== this.view.at;
    if (isNew) this.problem = '';
    this.view = view;
    // focus the heading, so that it is read out and a key press triggers no button
    if (isNew) void this.updateComplete.then(() => this.querySelector<HTMLElement>('main h1')?.focus());
  }

  protected override render(): TemplateResult {
    const messages = messagesOf(this.language);
    document.documentElement.lang = this.language;
    return html`
      ${top(languageSwitch(this.language, (chosen) => (this.language = chosen)))}
      <main data-at=${this.view.at}>${this.content(messages)}</main>
    `;
  }

  private content(messages: Messages): TemplateResult {
    const { view, session } = this;
    const name = session.current?.account.displayName ?? '';
    switch (view.at) {
      case 'starting':
        return html`<div class="card stack"><span class="spinner"></span></div>`;
      case 'sign-in':
        return html`<div class="card stack">
          ${this.notice ? html`<p class="notice" role="status">${messages.ended[this.notice] ?? messages.ended['other']}</p>` : nothing}
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
          <button ?disabled=${this.isBusy} @click=${this.scan}>${messages.see}</button>
          ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
          <button class="bare" @click=${this.leave}>${messages.otherAccount}</button>
        </div>`;
      case 'who':
        return html`<div class="card">
          <who-asks
            .ticket=${view.ticket}
            .messages=${messages}
            .language=${this.language}
            .name=${name}
            .isBusy=${this.isBusy}
            .problem=${this.problem}
            @decide=${(event: CustomEvent<Decision>) => this.decide(view.ticket, event.detail)}
          ></who-asks>
        </div>`;
      case 'ending':
        return this.ending(messages, view.kind);
      default:
        return this.home(messages, view.at === 'camera');
    }
  }

  private ending(messages: Messages, kind: string): TemplateResult {
    const [title, text] = messages.endings[kind]!;
    const retry = () => (this.uuid && this.session.current ? this.scan() : this.begin());
    return html`<div class="card stack ending" data-kind=${kind}>
      ${sign(SIGNS[kind] ?? 'muted')}
      <div>
        <h1 tabindex="-1">${title}</h1>
        <p class="muted">${text}</p>
      </div>
      ${PASSING.has(kind) ? html`<button @click=${retry}>${messages.again}</button>` : nothing}
      <button class="quiet" @click=${this.toHome}>${messages.home}</button>
    </div>`;
  }

  private home(messages: Messages, hasCamera: boolean): TemplateResult {
    const { account } = this.session.current!;
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
          hasCamera
            ? html`<camera-scan
                .messages=${messages}
                @stop=${() => this.show({ at: 'home' })}
                @found=${(event: CustomEvent<string>) => this.found(event.detail)}
              ></camera-scan>`
            : html`<button class="wide" @click=${() => this.show({ at: 'camera' })}>${messages.scan}</button>`
        }
      </div>
      <div class="card stack">
        <device-list .session=${this.session} .messages=${messages} .language=${this.language}></device-list>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
        <button class="bare" @click=${this.leave}>${messages.signOut}</button>
      </div>
    `;
  }
}

customElements.define('phone-page', PhonePage);
