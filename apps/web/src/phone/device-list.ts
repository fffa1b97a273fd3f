import { type ListedSession, ScanLoginError, type Session } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Language } from '../common/language.js';
import { shownName } from '../common/names.js';
import type { Messages } from './messages.en.js';

const EVERY_MS = 10_000;

/** Lists the sessions of the account, and ends them. */
class DeviceList extends LitElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    messages: { attribute: false },
    language: { attribute: false },
    devices: { state: true },
    isAsking: { state: true },
    said: { state: true },
  };

  declare session: Session;
  declare messages: Messages;
  declare language: Language;
  declare private devices: ListedSession[];
  declare private isAsking: boolean;
  declare private said: string;
  private timer?: ReturnType<typeof setInterval>;
  private readonly loadIfSeen = () => void (document.hidden || this.load());

  constructor() {
    super();
    this.devices = [];
    this.isAsking = false;
    this.said = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(this.loadIfSeen, EVERY_MS);
    document.addEventListener('visibilitychange', this.loadIfSeen);
    addEventListener('online', this.loadIfSeen);
    queueMicrotask(this.loadIfSeen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
    document.removeEventListener('visibilitychange', this.loadIfSeen);
    removeEventListener('online', this.loadIfSeen);
  }

  private async load(): Promise<void> {
    await this.attempt(async () => {
      this.devices = await this.session.sessions();
    });
  }

  private async end(ids: string[], said: string): Promise<void> {
    this.isAsking = false;
    await this.attempt(async () => {
      for (const id of ids) await this.session.endSession(id);
      this.said = said;
      await this.load();
      this.querySelector<HTMLElement>('h2')?.focus();
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ScanLoginError)) throw error;
      if (error.status !== 401) this.said = this.messages.problems[error.status === 0 ? 'offline' : 'other']!;
    }
  }

  protected override render(): TemplateResult {
    const { messages, devices, isAsking } = this;
    const others = devices.filter((one) => !one.current);
    const all = others.map((one) => one.id);
    return html`<section class="stack" aria-labelledby="devices">
      <h2 id="devices" tabindex="-1">${messages.devices}</h2>
      <ul class="devices">
        ${devices.map((one) => this.row(one))}
      </ul>
      <p class="muted small" role="status">${this.said || (devices.length === 1 ? messages.onlyHere : nothing)}</p>
      ${
        others.length > 1
          ? html`<div class="actions">
              ${
                isAsking
                  ? html`<button class="quiet" @click=${() => (this.isAsking = false)}>${messages.keep}</button>
                      <button class="no" @click=${() => this.end(all, messages.endedAll)}>
                        ${messages.endOthersSure(all.length)}
                      </button>`
                  : html`<button class="quiet" @click=${() => (this.isAsking = true)}>${messages.endOthers}</button>`
              }
            </div>`
          : nothing
      }
    </section>`;
  }

  private row(one: ListedSession): TemplateResult {
    const { messages } = this;
    const { type, name, browser, os } = one.device;
    const title = (name && shownName(name)) ?? browser ?? messages.types[type] ?? type;
    const more = [messages.types[type] ?? type, name ? browser : null, os, one.ip].filter(Boolean).join(' · ');
    return html`<li>
      <div>
        <strong>${title}</strong> ${one.current ? html`<span class="badge">${messages.here}</span>` : nothing}
        <p class="muted small">${more}</p>
        <p class="muted small">${messages.lastSeen(this.ago(one.lastSeenAt))}</p>
      </div>
      ${
        one.current
          ? nothing
          : html`<button
              class="quiet"
              aria-label=${messages.endOf(title)}
              @click=${() => this.end([one.id], messages.endedOne)}
            >
              ${messages.end}
            </button>`
      }
    </li>`;
  }

  private ago(time: string): string {
    const minutes = Math.round((Date.now() - new Date(time).getTime()) / 60_000);
    if (minutes < 2) return this.messages.now;
    const ago = new Intl.RelativeTimeFormat(this.language, { numeric: 'auto' });
    if (minutes < 60) return ago.format(-minutes, 'minute');
    return minutes < 1440
      ? ago.format(-Math.round(minutes / 60), 'hour')
      : ago.format(-Math.round(minutes / 1440), 'day');
  }
}

customElements.define('device-list', DeviceList);
