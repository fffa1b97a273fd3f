import type { ScannedTicket } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Language } from '../common/language.js';
import { around, claimedName } from '../common/names.js';
import { facts } from '../common/parts.js';
import { timeLeft } from '../component/countdown.js';
import type { Messages } from './messages.en.js';

export type Decision = { say: 'confirm'; number?: string } | { say: 'deny'; reason: 'declined' | 'not_me' };

/** An address that the server could not parse may be any text. */
const ADDRESS = /^[\da-f.:]{2,45}(\/\d{1,3})?$/i;

/**
 * Shows which screen asks, and lets the user decide. Fires `decide` with a `Decision`, `expire` when it is too late, and
 * `account` if the user wants another account.
 */
class WhoAsks extends LitElement {
  static override properties: PropertyDeclarations = {
    ticket: { attribute: false },
    until: { attribute: false },
    messages: { attribute: false },
    language: { attribute: false },
    name: { attribute: false },
    isBusy: { attribute: false },
    problem: { attribute: false },
    triesLeft: { attribute: false },
    secondsLeft: { state: true },
  };

  declare ticket: ScannedTicket;
  /** When it is too late, by the clock of this phone. */
  declare until: number;
  declare messages: Messages;
  declare language: Language;
  /** Of the account. */
  declare name: string;
  declare isBusy: boolean;
  declare problem: string;
  /** After a wrong number. */
  declare triesLeft?: number;
  declare private secondsLeft: number;
  private ticking?: ReturnType<typeof setInterval>;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticking = setInterval(() => this.tick(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticking);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('until')) this.tick();
    if (changed.has('triesLeft') && this.triesLeft) this.problem = this.messages.numberWrong(this.triesLeft);
  }

  /** The number is what one came to type; without it, the heading, so that a key press confirms nothing. */
  protected override updated(changed: PropertyValues<this>): void {
    const { input } = this;
    const isWrong = changed.has('triesLeft') && this.triesLeft;
    if (isWrong && input) input.value = '';
    if (isWrong || changed.has('ticket')) (input ?? this.querySelector('h1'))?.focus();
  }

  private get input(): HTMLInputElement | null {
    return this.querySelector('input[name=number]');
  }

  private tick(): void {
    this.secondsLeft = Math.max(0, Math.ceil((this.until - Date.now()) / 1000));
    if (this.secondsLeft > 0) return;
    clearInterval(this.ticking);
    this.dispatchEvent(new CustomEvent('expire'));
  }

  private decide(detail: Decision): void {
    if (!this.isBusy) this.dispatchEvent(new CustomEvent('decide', { detail }));
  }

  private confirm(event: SubmitEvent): void {
    event.preventDefault();
    const { input } = this;
    const number = input?.value.trim();
    if (input && !/^\d{2}$/.test(number!)) {
      this.problem = this.messages.numberMissing;
      return input.focus();
    }
    this.decide({ say: 'confirm', number });
  }

  protected override render(): TemplateResult {
    const { messages, ticket, isBusy, problem } = this;
    const { browser, os, ip, network, place } = ticket.screen;
    const networkName = messages.networks[network] ?? messages.networks['unknown'];
    return html`<form class="stack" novalidate @submit=${this.confirm}>
      <div>
        <h1 tabindex="-1">${messages.who}</h1>
        <p class="muted">${around(messages.whoLead, this.name)}</p>
      </div>
      ${facts([
        [messages.network, network === 'same' ? networkName : html`<strong class="warn">${networkName}</strong>`],
        ...(place ? [[messages.place, place] as [string, string]] : []),
        [messages.browser, browser ?? messages.unknown],
        [messages.system, os ?? messages.unknown],
        [messages.address, ADDRESS.test(ip) ? ip : messages.unknown],
        [messages.since, this.since()],
      ])}
      <p class="claim">${this.claim()}${messages.claimHint}</p>
      <div class="notice" id="only-if">
        <p>${messages.onlyIf}</p>
        ${this.why()}
      </div>
      ${
        ticket.requires.number
          ? html`<label>
              <span>${messages.number}</span>
              <input
                class="number"
                name="number"
                inputmode="numeric"
                autocomplete="off"
                maxlength="2"
                aria-invalid=${problem ? 'true' : 'false'}
                aria-describedby="problem only-if"
              />
            </label>`
          : nothing
      }
      <p class="problem" id="problem" role="alert">${problem || nothing}</p>
      <div class="decision">
        <button
          type="button"
          class="no"
          aria-describedby="not-me"
          ?disabled=${isBusy}
          @click=${() => this.decide({ say: 'deny', reason: 'not_me' })}
        >
          ${messages.notMe}
        </button>
        <button class="yes" aria-describedby="only-if" ?disabled=${isBusy}>${messages.confirm}</button>
      </div>
      <p class="muted small" id="not-me">${messages.notMeHint}</p>
      <p class="muted small" role="timer">${timeLeft(this.secondsLeft, messages)}</p>
      <div class="actions">
        <button
          type="button"
          class="bare"
          ?disabled=${isBusy}
          @click=${() => this.decide({ say: 'deny', reason: 'declined' })}
        >
          ${messages.notNow}
        </button>
        <button
          type="button"
          class="bare"
          ?disabled=${isBusy}
          @click=${() => this.dispatchEvent(new CustomEvent('account'))}
        >
          ${messages.otherAccount}
        </button>
      </div>
    </form>`;
  }

  /** Why more than one tap is asked for, or would be. */
  private why(): TemplateResult | typeof nothing {
    const { reasons = [] } = this.ticket.requires as { reasons?: string[] };
    const sentences = reasons.map((reason) => this.messages.reasons[reason]).filter(Boolean);
    return sentences.length > 0
      ? html`<p class="small">${sentences.join(this.messages.betweenSentences)}</p>`
      : nothing;
  }

  /** What the screen says about itself, which is not verified. */
  private claim(): TemplateResult | string {
    const { type, name } = this.ticket.screen;
    const kind = this.messages.kinds[type] ?? this.messages.unknown;
    return name
      ? around((shown) => this.messages.claimedName(shown, kind), claimedName(name))
      : this.messages.claimedKind(kind);
  }

  /** The time of day, and how long ago that was, if the clocks of phone and server agree well enough. */
  private since(): string {
    const { openedAt } = this.ticket.screen;
    if (!openedAt) return this.messages.unknown;
    const moment = new Date(openedAt);
    const time = new Intl.DateTimeFormat(this.language, { hour: 'numeric', minute: '2-digit' }).format(moment);
    const seconds = Math.round((Date.now() - moment.getTime()) / 1000);
    if (seconds < 0 || seconds > 600) return time;
    const ago = new Intl.RelativeTimeFormat(this.language, { numeric: 'auto', style: 'short' });
    return `${time} (${seconds < 60 ? ago.format(-seconds, 'second') : ago.format(-Math.round(seconds / 60), 'minute')})`;
  }
}

customElements.define('who-asks', WhoAsks);
