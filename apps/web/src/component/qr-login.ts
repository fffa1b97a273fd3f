import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult, unsafeCSS } from 'lit';
import { deviceId } from '../common/device-id.js';
import tokens from '../common/tokens.css?inline';
import { leftInWords } from './countdown.js';
import { type Audience, Login, type View } from './login.js';
import styles from './qr-login.css?inline';
import { type Opened, ScreenApi } from './screen-api.js';
import { middle } from './views.js';
import { type Words, wordsOf } from './words.js';

/**
 * Signs the page's visitor in with a phone. Documented in apps/web/README.md.
 * @fires scanned - somebody scanned: `{ account }`
 * @fires login - `{ tokens, deviceId, key }`; nobody else gets the tokens, and they are kept nowhere
 * @fires denied
 * @fires expired - `{ renewing }`
 * @fires error - `{ code, status }`
 */
export class QrLogin extends LitElement {
  static override styles = [unsafeCSS(tokens), unsafeCSS(styles)];
  static override properties: PropertyDeclarations = {
    baseUrl: { attribute: 'base-url' },
    deviceName: { attribute: 'device-name' },
    refreshCookie: { attribute: 'refresh-cookie', type: Boolean },
    bound: { type: Boolean },
    confirmAccount: { attribute: 'confirm-account' },
    lang: {},
    view: { state: true },
    isOffline: { state: true },
    secondsLeft: { state: true },
  };

  /** Address of the scan-login server; the page's own origin without it. */
  declare baseUrl: string;
  /** What the phone calls this screen; without it, its browser and system. */
  declare deviceName: string;
  /** For pages of the server itself: the refresh token goes into a cookie that no script reads. */
  declare refreshCookie: boolean;
  /** Binds the session to a key of this browser that nobody can take out, where the browser has keys. */
  declare bound: boolean;
  /** When to ask “Continue as …?”: `always`, `never`, or where the account is new on this device. */
  declare confirmAccount: string;
  declare private view: View;
  declare private isOffline: boolean;
  declare private secondsLeft: number;
  private running?: AbortController;
  private ticking?: ReturnType<typeof setInterval>;

  constructor() {
    super();
    this.baseUrl = '';
    this.deviceName = '';
    this.refreshCookie = false;
    this.bound = false;
    this.confirmAccount = '';
    this.view = { at: 'opening' };
    this.isOffline = false;
    this.secondsLeft = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // attributes that a framework sets right after creating the element are there a microtask later
    queueMicrotask(() => this.isConnected && this.start());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
  }

  /** Begins anew, with a fresh code. */
  start(): void {
    this.stop();
    this.running = new AbortController();
    const { signal } = this.running;
    const id = deviceId('scan-login.screen');
    const device = { id, type: 'web', ...(this.deviceName && { name: this.deviceName }) } as const;
    const base = this.baseUrl.replace(/\/+$/, '');
    const audience: Audience = {
      show: (view) => !signal.aborted && this.show(view),
      offline: (isOffline) => !signal.aborted && (this.isOffline = isOffline),
      tell: (type, detail) => {
        if (!signal.aborted) this.dispatchEvent(new CustomEvent(type, { detail }));
      },
    };
    void new Login(new ScreenApi(base, device, this.bound), audience, this.refreshCookie, this.confirmAccount).run(
      signal,
    );
  }

  private stop(): void {
    this.running?.abort();
    clearInterval(this.ticking);
  }

  private show(view: View): void {
    this.view = view;
    clearInterval(this.ticking);
    const { ticket } = view;
    if (!ticket) return;
    const tick = () => (this.secondsLeft = Math.max(0, Math.round((ticket.until - performance.now()) / 1000)));
    tick();
    this.ticking = setInterval(tick, 1000);
  }

  /** Only browsers without constructable style sheets need the nonce of the page's policy. */
  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    if (this.nonce) (globalThis as { litNonce?: string }).litNonce = this.nonce;
    return super.createRenderRoot();
  }

  protected override render(): TemplateResult {
    const { view, isOffline } = this;
    const words = wordsOf(this.lang || this.closest('[lang]')?.getAttribute('lang') || navigator.language);
    return html`
      <section part="card" data-at=${view.at} ?data-offline=${isOffline} lang=${words.tag}>
        <slot name="heading"><h2 part="heading">${words.heading}</h2></slot>
        <div part="plate">${middle(view, words, () => this.start())}</div>
        <p part="status" role="status">${isOffline ? words.offline : this.caption(words)}</p>
        <div part="below">${this.below(words)}</div>
        <slot name="footer"></slot>
      </section>
    `;
  }

  private caption(words: Words): string {
    const { at, number, why, account } = this.view;
    if (at === 'asking') return words.asking(account?.displayName ?? '');
    if (number !== undefined) return words.number;
    return why === 'session_limit_reached' ? words[why] : words[at];
  }

  private below(words: Words): TemplateResult {
    const { at, ticket, goOn } = this.view;
    return html`
      ${ticket ? this.countdown(ticket, words) : nothing}
      ${at === 'waiting' ? html`<a part="link" href=${ticket!.qrUrl} target="_blank" rel="noopener noreferrer">${words.link}</a>` : nothing}
      ${
        at === 'scanned' || goOn
          ? html`<div>
              <button part=${goOn ? 'button' : 'link'} @click=${() => this.start()}>${words.another}</button>
              ${goOn ? html`<button part="button" @click=${goOn}>${words.goOn}</button>` : nothing}
            </div>`
          : nothing
      }
    `;
  }

  private countdown({ expiresIn }: Opened, words: Words): TemplateResult {
    // a presentation attribute, because the policy of a page may forbid style attributes
    return html`
      <svg part="countdown" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="1" class="track" />
        <rect width=${Math.min(100, (this.secondsLeft * 100) / expiresIn)} height="1" class="left" />
      </svg>
      <p part="time" aria-hidden="true">${leftInWords(this.secondsLeft, words)}</p>
    `;
  }
}
