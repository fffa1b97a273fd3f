import { type Outcome, phone, type ScannedTicket, ScanLoginError, type Session } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Language } from '../common/language.js';
import { sign } from '../common/parts.js';
import { askForPasskey } from '../common/passkeys.js';
import { untilSeen } from '../common/seen.js';
import { endingOf, endingOfOutcome, NEXT_OF, SIGN_OF } from './endings.js';
import type { Messages } from './messages.en.js';
import { passkeyProblem } from './passkeys.messages.js';
import { Tabs } from './tabs.js';
import './unknown-screens.js';
import './who-asks.js';
import type { Decision } from './who-asks.js';

type View =
  { at: 'scanning' | 'waiting' } | { at: 'who'; ticket: ScannedTicket; until: number } | { at: 'ending'; kind: string };

/**
 * One ticket on this phone: who asks, the decision, and what became of it. After a reload it begins again, and the
 * server says where it stands. Fires `leave` with where to go next: `home`, `camera` or `account`.
 */
class TicketPage extends LitElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    messages: { attribute: false },
    language: { attribute: false },
    uuid: { attribute: false },
    link: { attribute: false },
    view: { state: true },
    isBusy: { state: true },
    problem: { state: true },
    triesLeft: { state: true },
  };

  declare session: Session;
  declare messages: Messages;
  declare language: Language;
  declare uuid: string;
  /** The whole link, with all that the code says of the screen. */
  declare link: string;
  declare private view: View;
  declare private isBusy: boolean;
  declare private problem: string;
  declare private triesLeft?: number;
  /** The screen that asked, as the server saw it. */
  private screenName = '';
  private tabs?: Tabs;
  private waiting?: AbortController;

  constructor() {
    super();
    this.view = { at: 'scanning' };
    this.isBusy = false;
    this.problem = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.tabs = new Tabs((uuid) => {
      if (uuid === this.uuid && this.view.at === 'who') this.show({ at: 'ending', kind: 'otherTab' });
    });
    void this.updateComplete.then(() => this.scan());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.tabs?.close();
    this.waiting?.abort();
  }

  private async scan(): Promise<void> {
    this.show({ at: 'scanning' });
    await untilSeen();
    // another code of the same screen was opened meanwhile
    if (!this.isConnected) return;
    this.tabs?.scan(this.uuid);
    try {
      const ticket = await phone(this.session, { verify: askForPasskey }).scan(this.link);
      const { browser, os } = ticket.screen;
      this.screenName = [browser, os].filter(Boolean).join(', ');
      this.show({ at: 'who', ticket, until: Date.now() + ticket.expiresIn * 1000 });
    } catch (error) {
      await this.refused(error);
    }
  }

  private async decide(ticket: ScannedTicket, decision: Decision): Promise<void> {
    this.isBusy = true;
    this.problem = '';
    try {
      if (decision.say === 'confirm') {
        await ticket.confirm(decision.number);
        this.show({ at: 'waiting' });
        await this.follow('confirmed');
      } else {
        await ticket.deny(decision.reason);
        this.show({ at: 'ending', kind: decision.reason === 'not_me' ? 'notMe' : 'denied' });
      }
    } catch (error) {
      await this.refused(error);
    } finally {
      this.isBusy = false;
    }
  }

  /**
   * Waits for the screen, if this phone has confirmed.
   * @param otherwise the ending if it has not, or the server does not know any more
   */
  private async follow(otherwise: string): Promise<void> {
    this.waiting?.abort();
    const { signal } = (this.waiting = new AbortController());
    try {
      if (this.view.at !== 'waiting') {
        const { status } = await this.session.call<Outcome>(`/v1/tickets/${this.uuid}/outcome?wait=0`, { signal });
        if (status === 'confirmed') this.show({ at: 'waiting' });
      }
      const outcome = await phone(this.session).outcome(this.uuid, { signal });
      this.show({ at: 'ending', kind: endingOfOutcome(outcome) });
    } catch (error) {
      if (signal.aborted || !this.session.current) return;
      if (!(error instanceof ScanLoginError)) throw error;
      this.show({ at: 'ending', kind: error.isPassing ? endingOf(error) : otherwise });
    }
  }

  private async refused(error: unknown): Promise<void> {
    if (!(error instanceof ScanLoginError)) throw error;
    // the session is over, which the page shows
    if (!this.session.current) return;
    const { problems } = this.messages;
    const { view } = this;
    if (view.at === 'who' && error.isPassing) this.problem = problems[error.status === 0 ? 'offline' : 'busy']!;
    else if (error.code.startsWith('verification_')) this.problem = passkeyProblem(error);
    else if (error.code === 'number_wrong' && error.triesLeft) this.triesLeft = error.triesLeft;
    else if (mayBeDecided(error)) await this.follow(endingOf(error));
    else this.show({ at: 'ending', kind: endingOf(error) });
  }

  private show(view: View): void {
    const isNew = view.at !== this.view.at;
    if (isNew) Object.assign(this, { problem: '', triesLeft: undefined });
    this.view = view;
    // focus the heading, so that it is read out and a key press triggers no button
    if (isNew && view.at !== 'who')
      void this.updateComplete.then(() => this.querySelector<HTMLElement>(':scope > .card h1')?.focus());
  }

  private leave(detail: 'home' | 'camera' | 'account'): void {
    this.dispatchEvent(new CustomEvent('leave', { detail }));
  }

  protected override render(): TemplateResult {
    const { messages, view } = this;
    switch (view.at) {
      case 'scanning':
        return html`<div class="card stack"><span class="spinner"></span></div>`;
      case 'who':
        return html`<div class="card">
          <who-asks
            .ticket=${view.ticket}
            .until=${view.until}
            .messages=${messages}
            .language=${this.language}
            .name=${this.session.current?.account.displayName ?? ''}
            .isBusy=${this.isBusy}
            .problem=${this.problem}
            .triesLeft=${this.triesLeft}
            @decide=${(event: CustomEvent<Decision>) => this.decide(view.ticket, event.detail)}
            @expire=${() => this.show({ at: 'ending', kind: 'expired' })}
            @account=${() => this.leave('account')}
          ></who-asks>
        </div>`;
      case 'waiting':
        return html`<div class="card stack ending" data-kind="waiting">
          ${sign('sent')}
          <div>
            <h1 tabindex="-1">${messages.waiting}</h1>
            <p class="muted">${messages.waitingLead}</p>
          </div>
          <button class="quiet" @click=${() => this.leave('home')}>${messages.home}</button>
        </div>`;
      default:
        return this.ending(view.kind);
    }
  }

  private ending(kind: string): TemplateResult {
    const { messages, screenName } = this;
    const [title, text] = messages.endings[kind]!;
    const next = NEXT_OF[kind];
    const go = () => (next === 'camera' ? this.leave('camera') : this.scan());
    return html`<div class="card stack ending" data-kind=${kind}>
      ${sign(SIGN_OF[kind] ?? 'muted')}
      <div>
        <h1 tabindex="-1">${kind === 'signedIn' && screenName ? messages.signedInOn(screenName) : title}</h1>
        <p class="muted">${text}</p>
      </div>
      ${next ? html`<button @click=${go}>${messages.next[next]}</button>` : nothing}
      ${
        kind === 'notMe'
          ? html`<unknown-screens
              class="stack"
              .session=${this.session}
              .messages=${messages}
              .language=${this.language}
            ></unknown-screens>`
          : nothing
      }
      <button class="quiet" @click=${() => this.leave('home')}>${messages.home}</button>
    </div>`;
  }
}

/** Whether the ticket may be over because this phone has decided on it, before a reload or in another tab. */
function mayBeDecided({ code, currentStatus = '' }: ScanLoginError): boolean {
  return code === 'ticket_expired' || (code === 'ticket_wrong_status' && currentStatus !== 'denied');
}

customElements.define('ticket-page', TicketPage);
