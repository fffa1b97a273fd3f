import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { CallFailed } from '../common/http.js';
import { language, type Language, languageSwitch } from '../common/language.js';
import { around } from '../common/names.js';
import { avatar, sign, top } from '../common/parts.js';
import { PageSession } from '../common/session.js';
import './camera.js';
import './device-list.js';
import './sign-in.js';
import { endingOf, PhoneTicket, type Scan, ticketIn } from './ticket.js';
import './who-asks.js';
import type { Decision } from './who-asks.js';
import { type Words, wordsOf } from './words.js';

type View =
  | { at: 'starting' | 'sign-in' | 'ready' | 'home' | 'camera' }
  | { at: 'who'; scan: Scan }
  | { at: 'ending'; kind: string };

/** Nothing says that all is well: the phone cannot know. */
const SIGNS: Record<string, 'sent' | 'bad'> = { confirmed: 'sent', notMe: 'bad', wrongNumber: 'bad' };
/** Endings after which the same step may work. */
const PASSING = new Set(['offline', 'failed']);

/** The phone's pages: `/l/{uuid}`, where a scanned link leads, and `/phone`, its home. */
class PhonePage extends LitElement {
  static override properties: PropertyDeclarations = {
    view: { state: true },
    language: { state: true },
    isBusy: { state: true },
    fault: { state: true },
    notice: { state: true },
  };

  declare private view: View;
  declare private language: Language;
  declare private isBusy: boolean;
  declare private fault: string;
  /** Why one has to sign in again: a key of `ended`. */
  declare private notice: string;
  private readonly session = new PageSession('phone');
  /** The ticket of the link, or the one that was scanned here. */
  private ticket?: PhoneTicket;
  private running?: ReturnType<typeof setTimeout>;

  constructor() {
    super();
    this.view = { at: 'starting' };
    this.language = language();
    this.isBusy = false;
    this.fault = '';
    this.notice = '';
    this.session.onEnd = (reason) => {
      this.notice = reason || 'other';
      this.show({ at: 'sign-in' });
    };
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.begin();
  }

  /** Opening the page asks nothing of the server but whether this phone is signed in. */
  private async begin(): Promise<void> {
    this.show({ at: 'starting' });
    const [, landing, name] = /^\/(l)\/([^/]*)$/.exec(location.pathname) ?? [];
    if (landing) {
      const uuid = ticketIn(decodeURIComponent(name!));
      if (!uuid) return this.show({ at: 'ending', kind: 'unknown' });
      this.ticket = new PhoneTicket(uuid, this.session);
    }
    try {
      const isIn = await this.session.resume();
      this.show({ at: !isIn ? 'sign-in' : this.ticket ? 'ready' : 'home' });
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      this.show({ at: 'ending', kind: 'offline' });
    }
  }

  /** The person has just pressed a button to this end: so a ticket is scanned right away. */
  private async signedIn(): Promise<void> {
    this.notice = '';
    if (this.ticket) await this.scan();
    else this.show({ at: 'home' });
  }

  private async scan(): Promise<void> {
    this.isBusy = true;
    try {
      const scan = await this.ticket!.scan();
      this.fault = '';
      this.show({ at: 'who', scan });
      this.running = setTimeout(() => this.show({ at: 'ending', kind: 'expired' }), scan.expiresIn * 1000);
    } catch (error) {
      this.refused(error);
    } finally {
      this.isBusy = false;
    }
  }

  private found(uuid: string): void {
    this.ticket = new PhoneTicket(uuid, this.session);
    void this.scan();
  }

  private async decide(decision: Decision): Promise<void> {
    this.isBusy = true;
    this.fault = '';
    try {
      if (decision.say === 'confirm') await this.ticket!.confirm(decision.number);
      else await this.ticket!.deny(decision.reason);
      const kind = decision.say === 'confirm' ? 'confirmed' : decision.reason === 'not_me' ? 'notMe' : 'denied';
      this.show({ at: 'ending', kind });
    } catch (error) {
      this.refused(error);
    } finally {
      this.isBusy = false;
    }
  }

  /** Whoever lost the connection while deciding stays where they are, and may press again. */
  private refused(error: unknown): void {
    if (!(error instanceof CallFailed)) throw error;
    const words = wordsOf(this.language);
    if (error.status === 401) return;
    if (this.view.at === 'who' && error.isPassing)
      this.fault = words.problems[error.status === 0 ? 'offline' : 'busy']!;
    else if (error.code === 'number_wrong' && error.problem.triesLeft)
      this.fault = words.numberWrong(error.problem.triesLeft);
    else this.show({ at: 'ending', kind: endingOf(error) });
  }

  private toHome(): void {
    this.ticket = undefined;
    history.replaceState(null, '', '/phone');
    this.show({ at: this.session.account ? 'home' : 'starting' });
    if (!this.session.account) void this.begin();
  }

  private async leave(): Promise<void> {
    await this.session.signOut().catch(() => undefined);
    this.show({ at: 'sign-in' });
  }

  private show(view: View): void {
    clearTimeout(this.running);
    const isNew = view.at !== this.view.at;
    this.view = view;
    // to the heading, so that it is read out and no button is one key press away
    if (isNew) void this.updateComplete.then(() => this.querySelector<HTMLElement>('main h1')?.focus());
  }

  protected override render(): TemplateResult {
    const words = wordsOf(this.language);
    document.documentElement.lang = this.language;
    return html`
      ${top(languageSwitch(this.language, (chosen) => (this.language = chosen)))}
      <main data-at=${this.view.at}>${this.content(words)}</main>
    `;
  }

  private content(words: Words): TemplateResult {
    const { view, session } = this;
    const name = session.account?.displayName ?? '';
    switch (view.at) {
      case 'starting':
        return html`<div class="card stack"><span class="spinner"></span></div>`;
      case 'sign-in':
        return html`<div class="card stack">
          ${this.notice ? html`<p class="notice" role="status">${words.ended[this.notice] ?? words.ended['other']}</p>` : nothing}
          <sign-in-form
            .session=${session}
            .words=${words}
            .lead=${this.ticket ? words.signInTo : words.signInHome}
            @done=${this.signedIn}
          ></sign-in-form>
        </div>`;
      case 'ready':
        return html`<div class="card stack">
          <div>
            <h1 tabindex="-1">${words.ready}</h1>
            <p class="muted">${around(words.readyLead, name)}</p>
          </div>
          <button ?disabled=${this.isBusy} @click=${this.scan}>${words.see}</button>
          <button class="bare" @click=${this.leave}>${words.otherAccount}</button>
        </div>`;
      case 'who':
        return html`<div class="card">
          <who-asks
            .scan=${view.scan}
            .words=${words}
            .language=${this.language}
            .name=${name}
            .isBusy=${this.isBusy}
            .fault=${this.fault}
            @decide=${(event: CustomEvent<Decision>) => this.decide(event.detail)}
          ></who-asks>
        </div>`;
      case 'ending':
        return this.ending(words, view.kind);
      default:
        return this.home(words, view.at === 'camera');
    }
  }

  private ending(words: Words, kind: string): TemplateResult {
    const [title, text] = words.endings[kind]!;
    const retry = () => (this.ticket && this.session.account ? this.scan() : this.begin());
    return html`<div class="card stack ending" data-kind=${kind}>
      ${sign(SIGNS[kind] ?? 'muted')}
      <div>
        <h1 tabindex="-1">${title}</h1>
        <p class="muted">${text}</p>
      </div>
      ${PASSING.has(kind) ? html`<button @click=${retry}>${words.again}</button>` : nothing}
      <button class="quiet" @click=${this.toHome}>${words.home}</button>
    </div>`;
  }

  private home(words: Words, hasCamera: boolean): TemplateResult {
    const { session } = this;
    return html`
      <div class="card stack">
        <div class="greeting">
          ${avatar(session.account!)}
          <div>
            <h1 tabindex="-1">${around(words.hello, session.account!.displayName)}</h1>
            <p class="muted">${words.homeLead}</p>
          </div>
        </div>
        ${
          hasCamera
            ? html`<camera-scan
                .words=${words}
                @stop=${() => this.show({ at: 'home' })}
                @found=${(event: CustomEvent<string>) => this.found(event.detail)}
              ></camera-scan>`
            : html`<button class="wide" @click=${() => this.show({ at: 'camera' })}>${words.scan}</button>`
        }
      </div>
      <div class="card stack">
        <device-list .session=${session} .words=${words} .language=${this.language}></device-list>
        <button class="bare" @click=${this.leave}>${words.signOut}</button>
      </div>
    `;
  }
}

customElements.define('phone-page', PhonePage);
