import type { ScannedTicket } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Language } from '../common/language.js';
import { around, claimedName } from '../common/names.js';
import { facts } from '../common/parts.js';
import type { Messages } from './messages.en.js';

export type Decision = { say: 'confirm'; number?: string } | { say: 'deny'; reason: 'declined' | 'not_me' };

/** An address that the server could not parse may be any text. */
const ADDRESS = /^[\da-f.:]{2,45}(\/\d{1,3})?$/i;

/** Shows which screen asks, and lets the user decide. Fires `decide` with a `Decision`. */
class WhoAsks extends LitElement {
  static override properties: PropertyDeclarations = {
    ticket: { attribute: false },
    messages: { attribute: false },
    language: { attribute: false },
    name: { attribute: false },
    isBusy: { attribute: false },
    problem: { attribute: false },
  };

  declare ticket: ScannedTicket;
  declare messages: Messages;
  declare language: Language;
  /** Of the account. */
  declare name: string;
  declare isBusy: boolean;
  declare problem: string;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private decide(detail: Decision): void {
    if (!this.isBusy) this.dispatchEvent(new CustomEvent('decide', { detail }));
  }

  private confirm(event: SubmitEvent): void {
    event.preventDefault();
    const input = this.querySelector<HTMLInputElement>('input[name=number]');
    const number = input?.value.trim();
    if (input && !/^\d{2}$/.test(number!)) {
      this.problem = this.messages.numberMissing;
      return input.focus();
    }
    this.decide({ say: 'confirm', number });
  }

  protected override render(): TemplateResult {
    const { messages, ticket, isBusy, problem } = this;
    const { browser, os, ip, network } = ticket.screen;
    const networkName = messages.networks[network] ?? messages.networks['unknown'];
    return html`<form class="stack" novalidate @submit=${this.confirm}>
      <div>
        <h1 tabindex="-1">${messages.who}</h1>
        <p class="muted">${around(messages.whoLead, this.name)}</p>
      </div>
      ${facts([
        [messages.network, network === 'same' ? networkName : html`<strong class="warn">${networkName}</strong>`],
        [messages.browser, browser ?? messages.unknown],
        [messages.system, os ?? messages.unknown],
        [messages.address, ADDRESS.test(ip) ? ip : messages.unknown],
        [messages.since, this.since()],
      ])}
      <p class="claim">${this.claim()}${messages.claimHint}</p>
      <p class="notice" id="only-if">${messages.onlyIf}</p>
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
              />
            </label>`
          : nothing
      }
      <p class="problem" role="alert">${problem || nothing}</p>
      <div class="decision">
        <button
          type="button"
          class="no"
          ?disabled=${isBusy}
          @click=${() => this.decide({ say: 'deny', reason: 'not_me' })}
        >
          ${messages.notMe}
        </button>
        <button class="yes" aria-describedby="only-if" ?disabled=${isBusy}>${messages.confirm}</button>
      </div>
      <button
        type="button"
        class="bare"
        ?disabled=${isBusy}
        @click=${() => this.decide({ say: 'deny', reason: 'declined' })}
      >
        ${messages.notNow}
      </button>
    </form>`;
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
    const ago = new Intl.RelativeTimeFormat(this.language, { numeric: 'auto' });
    return `${time} (${seconds < 60 ? ago.format(-seconds, 'second') : ago.format(-Math.round(seconds / 60), 'minute')})`;
  }
}

customElements.define('who-asks', WhoAsks);
