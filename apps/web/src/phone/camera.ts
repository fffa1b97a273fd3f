import { ticketIn } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { findDecoder } from './decoder.js';
import type { Messages } from './messages.en.js';

const EVERY_MS = 120;
const REASONS: Record<string, string> = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** Scans a code with the camera, or takes a typed link. Fires `found` with the link. */
class CameraScan extends LitElement {
  static override properties: PropertyDeclarations = {
    messages: { attribute: false },
    stream: { state: true },
    trouble: { state: true },
    hint: { state: true },
    problem: { state: true },
  };

  declare messages: Messages;
  declare private stream?: MediaStream;
  /** Why there is no camera: a key of `camera`. */
  declare private trouble: string;
  declare private hint: string;
  declare private problem: string;
  private scanning?: AbortController;

  constructor() {
    super();
    this.trouble = '';
    this.hint = '';
    this.problem = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.scanning = new AbortController();
    void this.scan(this.scanning.signal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.scanning?.abort();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = undefined;
  }

  private async scan(signal: AbortSignal): Promise<void> {
    try {
      this.stream = await openCamera();
    } catch (error) {
      this.trouble = isSecureContext ? (REASONS[(error as Error).name] ?? 'missing') : 'insecure';
      return;
    }
    if (signal.aborted) return this.disconnectedCallback();
    const decode = await findDecoder();
    await this.updateComplete;
    const video = this.querySelector('video')!;
    video.srcObject = this.stream;
    await video.play().catch(() => undefined);
    while (!signal.aborted) {
      const text = video.videoWidth > 0 ? await decode(video).catch(() => undefined) : undefined;
      if (text !== undefined && !signal.aborted && this.found(text)) return;
      if (text !== undefined) this.hint = this.messages.notOurs;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  private found(text: string): boolean {
    const isLink = ticketIn(text) !== undefined;
    if (isLink) this.dispatchEvent(new CustomEvent('found', { detail: text }));
    return isLink;
  }

  private typed(event: SubmitEvent): void {
    event.preventDefault();
    const input = this.querySelector<HTMLInputElement>('input')!;
    if (this.found(input.value)) return;
    this.problem = this.messages.linkWrong;
    input.focus();
  }

  protected override render(): TemplateResult {
    const { messages, trouble, stream, problem } = this;
    return html`<div class="stack">
      ${
        trouble
          ? html`<p class="notice" role="status">${messages.camera[trouble]}</p>`
          : html`<div class="viewfinder"><video muted playsinline></video></div>
              <p class="muted small" role="status">${stream ? this.hint || messages.aim : messages.starting}</p>`
      }
      <form class="stack" novalidate @submit=${this.typed}>
        <label>
          <span>${messages.link}</span>
          <input
            name="link"
            inputmode="url"
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            aria-invalid=${problem ? 'true' : 'false'}
            aria-describedby="link-problem"
          />
        </label>
        <p class="problem" id="link-problem" role="alert">${problem || nothing}</p>
        <div class="actions">
          <button class="quiet" type="button" @click=${() => this.dispatchEvent(new CustomEvent('stop'))}>
            ${messages.stop}
          </button>
          <button>${messages.open}</button>
        </div>
      </form>
    </div>`;
  }
}

function openCamera(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false });
}

customElements.define('camera-scan', CameraScan);
