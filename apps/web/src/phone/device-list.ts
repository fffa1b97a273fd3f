import type { KnownScreen, ListedSession } from '@scan-login/client';
import { html, nothing, type TemplateResult } from 'lit';
import { HomePart } from './home-part.js';

/** Where the account is signed in, and the screens that it knows but is signed out of. The new ones are elsewhere. */
class DeviceList extends HomePart {
  static override properties = {
    ...HomePart.properties,
    sessions: { attribute: false },
    screens: { attribute: false },
    isAsking: { state: true },
  };

  declare sessions?: ListedSession[];
  declare screens?: KnownScreen[];
  declare private isAsking: boolean;

  constructor() {
    super();
    this.isAsking = false;
  }

  private end(ids: string[], said: string): Promise<void> {
    this.isAsking = false;
    return this.change(async () => {
      for (const id of ids) await this.session.endSession(id);
    }, said);
  }

  private forget({ id, device }: KnownScreen): Promise<void> {
    const said = this.messages.forgotten(this.titleOf(device));
    return this.change(() => this.session.call(`/v1/account/screens/${id}`, { method: 'DELETE' }), said);
  }

  protected override render(): TemplateResult {
    const { messages, isAsking, isBusy, sessions = [], screens = [] } = this;
    const isNew = ({ id }: ListedSession) => screens.some((screen) => screen.isNew && screen.sessionId === id);
    const others = sessions.filter(({ current }) => !current).map(({ id }) => id);
    const signedOut = screens.filter((screen) => !screen.isNew && !screen.sessionId);
    return html`<section class="stack" aria-labelledby="devices">
      <h2 id="devices" tabindex="-1">${messages.devices}</h2>
      <ul class="devices">
        ${sessions.filter((one) => !isNew(one)).map((one) => this.row(one))}
      </ul>
      <p class="muted small" role="status">${this.said || (sessions.length === 1 ? messages.onlyHere : nothing)}</p>
      ${
        others.length > 1
          ? html`<div class="actions">
              ${
                isAsking
                  ? html`<button class="quiet" @click=${() => (this.isAsking = false)}>${messages.keep}</button>
                      <button class="no" ?disabled=${isBusy} @click=${() => this.end(others, messages.endedAll)}>
                        ${messages.endOthersSure(others.length)}
                      </button>`
                  : html`<button class="quiet" @click=${() => (this.isAsking = true)}>${messages.endOthers}</button>`
              }
            </div>`
          : nothing
      }
      ${
        signedOut.length > 0
          ? html`<details>
              <summary>${messages.signedOutScreens(signedOut.length)}</summary>
              <p class="muted small">${messages.signedOutLead}</p>
              <ul class="devices">
                ${signedOut.map((one) => this.signedOutRow(one))}
              </ul>
            </details>`
          : nothing
      }
    </section>`;
  }

  private row(one: ListedSession): TemplateResult {
    const { messages, isBusy } = this;
    const title = this.titleOf(one.device);
    const button = html`<button
      class="quiet"
      aria-label=${messages.endOf(title)}
      ?disabled=${isBusy}
      @click=${() => this.end([one.id], messages.endedOne)}
    >
      ${messages.end}
    </button>`;
    return html`<li>
      <div>
        <strong>${title}</strong> ${one.current ? html`<span class="badge">${messages.here}</span>` : nothing}
        <p class="muted small">${this.detailsOf(one.device, one.ip)}</p>
        <p class="muted small">${messages.lastSeen(this.ago(one.lastSeenAt))}</p>
      </div>
      ${one.current ? nothing : button}
    </li>`;
  }

  private signedOutRow(screen: KnownScreen): TemplateResult {
    const { messages, isBusy } = this;
    const title = this.titleOf(screen.device);
    return html`<li>
      <div>
        <strong>${title}</strong>
        <p class="muted small">${this.detailsOf(screen.device, screen.place ?? screen.network)}</p>
      </div>
      <button
        class="quiet"
        aria-label=${messages.forgetOf(title)}
        ?disabled=${isBusy}
        @click=${() => this.forget(screen)}
      >
        ${messages.forget}
      </button>
    </li>`;
  }
}

customElements.define('device-list', DeviceList);
