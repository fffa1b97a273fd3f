import { deviceKey, type ScreenLoginOptions } from '@scan-login/client';
import tokens from '../common/tokens.css?inline';
import { keepDeviceId, keptDeviceId } from './device-id.js';
import { morph } from './dom.js';
import type { QrLoginEventMap, TypedElement } from './events.js';
import { signIn, type View } from './login.js';
import { messagesOf } from './messages.js';
import styles from './qr-login.css?inline';
import { card } from './views.js';

/** Node has no `HTMLElement`: there the module can be imported, but the element cannot be used. */
const Base = (globalThis.HTMLElement ?? class {}) as new () => TypedElement;
/** Shared by all elements of the page. */
let sheet: CSSStyleSheet | undefined;

/** Nothing where storage is forbidden. */
function tabStorage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

const PROPERTIES = ['baseUrl', 'deviceName', 'confirmAccount', 'bound', 'refreshCookie', 'passkey'] as const;

/**
 * Signs in the visitor of a page with their phone. Documented in apps/web/README.md.
 * @tag qr-login
 * @attr {string} base-url - address of the scan-login server; without it, the page's own origin
 * @attr {string} device-name - the name of this screen on the phone; without it, its browser and system
 * @attr {"always" | "never"} confirm-account - when to ask “Continue as …?”; without it, if the account is new here
 * @attr {boolean} bound - binds the session to a key that cannot be exported from the browser
 * @attr {boolean} refresh-cookie - for pages of the server's own origin: the refresh token goes into an HttpOnly cookie
 * @attr {boolean} passkey - offers a passkey beside the code, if the browser has them
 * @attr {string} lang - `en` or `zh-CN`; without it, the nearest `lang` around, then the browser's
 * @fires {CustomEvent} scanned - a phone has scanned the code: `{ account }`
 * @fires {CustomEvent} login - the screen is signed in: `{ tokens, deviceId, key }`
 * @fires {CustomEvent} denied - the screen was refused on the phone: `{ reason }`
 * @fires {CustomEvent} expired - a code has expired: `{ renewing }`
 * @fires {CustomEvent} error - a call has failed: `{ code, status }`
 * @slot heading - replaces “Sign in with your phone”
 * @slot footer - below everything else
 * @csspart card - the whole element
 * @csspart heading
 * @csspart plate - the square with the code, or with what replaces it
 * @csspart code - the QR code
 * @csspart avatar
 * @csspart name
 * @csspart number - the number that the user types on the phone
 * @csspart status
 * @csspart passkey - the passkey button
 * @csspart below - what is below the status
 * @csspart countdown
 * @csspart time
 * @csspart link
 * @csspart button
 * @cssprop --qr-login-accent
 * @cssprop --qr-login-ink
 * @cssprop --qr-login-muted
 * @cssprop --qr-login-surface
 * @cssprop --qr-login-radius
 * @cssprop --qr-login-size
 * @cssprop --qr-login-font
 */
export class QrLogin extends Base {
  static readonly observedAttributes = ['lang'];

  /**
   * Loads the passkey button, and puts it into the element.
   * @internal
   */
  static offerPasskey: (server: string, element: QrLogin) => Promise<void>;

  private view: View = { at: 'opening' };
  private isOffline = false;
  /** The seconds at the start of the countdown. */
  private secondsAtFirst = 0;
  private isStale = false;
  private running?: AbortController;
  private ticking?: ReturnType<typeof setInterval>;

  constructor() {
    super();
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(tokens + styles);
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet];
  }

  /** Address of the scan-login server; the page's own origin without it. */
  get baseUrl(): string {
    return this.textOf('base-url');
  }
  set baseUrl(value: string | null | undefined) {
    this.setText('base-url', value);
  }

  /** The name of this screen on the phone; without it, its browser and system. */
  get deviceName(): string {
    return this.textOf('device-name');
  }
  set deviceName(value: string | null | undefined) {
    this.setText('device-name', value);
  }

  /** When to ask “Continue as …?”: `always`, `never`, or if the account is new on this device. */
  get confirmAccount(): string {
    return this.textOf('confirm-account');
  }
  set confirmAccount(value: string | null | undefined) {
    this.setText('confirm-account', value);
  }

  /** Binds the session to a key that cannot be exported from the browser, if that has keys. */
  get bound(): boolean {
    return this.hasAttribute('bound');
  }
  set bound(value: boolean | null | undefined) {
    this.toggleAttribute('bound', Boolean(value));
  }

  /** For pages of the server's own origin: the refresh token goes into a cookie that no script can read. */
  get refreshCookie(): boolean {
    return this.hasAttribute('refresh-cookie');
  }
  set refreshCookie(value: boolean | null | undefined) {
    this.toggleAttribute('refresh-cookie', Boolean(value));
  }

  /** Offers a passkey beside the code, if the browser has them. */
  get passkey(): boolean {
    return this.hasAttribute('passkey');
  }
  set passkey(value: boolean | null | undefined) {
    this.toggleAttribute('passkey', Boolean(value));
  }

  connectedCallback(): void {
    for (const name of PROPERTIES) this.takeOver(name);
    this.update();
    // a framework may set attributes right after it has created the element, so wait for a microtask
    queueMicrotask(() => this.isConnected && this.start());
  }

  disconnectedCallback(): void {
    this.stop();
  }

  attributeChangedCallback(): void {
    this.update();
  }

  /** Starts again with a new code. */
  start(): void {
    this.stop();
    this.running = new AbortController();
    const { signal } = this.running;
    const server = this.baseUrl.replace(/\/+$/, '');
    const device = { id: keptDeviceId(), type: 'web', name: this.deviceName || undefined } as const;
    const isRunning = () => !signal.aborted;
    const options: ScreenLoginOptions = {
      server,
      device,
      signal,
      key: () => deviceKey({ name: 'screen' }),
      rotates: true,
      tokenType: this.bound ? undefined : 'Bearer',
      resume: tabStorage(),
      refreshCookie: this.refreshCookie,
    };
    // without it, the code is still there
    if (this.passkey) QrLogin.offerPasskey(server, this).catch(() => undefined);
    void signIn(options, this.confirmAccount, {
      show: (view) => isRunning() && this.show(view),
      offline: (isOffline) => {
        this.isOffline = isOffline;
        this.update();
      },
      signedIn: (detail) => isRunning() && this.signedIn(detail),
      tell: (type, detail) => isRunning() && this.dispatchEvent(new CustomEvent(type, { detail })),
    });
  }

  /**
   * Called once the screen is signed in.
   * @internal
   */
  signedIn(by: QrLoginEventMap['login']['detail']): void {
    this.stop();
    keepDeviceId(by.deviceId);
    this.show({ at: 'done', account: by.tokens.account });
    const detail = { tokens: by.tokens, deviceId: by.deviceId, key: by.key };
    this.dispatchEvent(new CustomEvent('login', { detail }));
  }

  private stop(): void {
    this.running?.abort();
    clearInterval(this.ticking);
  }

  private show(view: View): void {
    this.view = view;
    clearInterval(this.ticking);
    const { secondsLeft } = view;
    if (secondsLeft) {
      this.secondsAtFirst = secondsLeft() || 1;
      this.ticking = setInterval(() => this.update(), 1000);
    }
    this.update();
  }

  private textOf(attribute: string): string {
    return this.getAttribute(attribute) ?? '';
  }

  /** Frameworks set an empty value to remove an attribute. */
  private setText(attribute: string, value?: string | null): void {
    if (value) this.setAttribute(attribute, value);
    else this.removeAttribute(attribute);
  }

  /** A property that was set before the element was defined would hide that of the class. */
  private takeOver(name: (typeof PROPERTIES)[number]): void {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete (this as Partial<QrLogin>)[name];
    (this as Record<typeof name, unknown>)[name] = value;
  }

  /** Renders in a microtask, once for all changes until then. */
  private update(): void {
    if (this.isStale) return;
    this.isStale = true;
    queueMicrotask(() => {
      this.isStale = false;
      const messages = messagesOf(this.lang || this.closest('[lang]')?.getAttribute('lang') || navigator.language);
      const { view, isOffline, secondsAtFirst } = this;
      const made = new DocumentFragment();
      made.append(card({ view, isOffline, secondsAtFirst, start: () => this.start() }, messages));
      morph(this.shadowRoot!, made);
    });
  }
}
