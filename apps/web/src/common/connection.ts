import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';

/** Whether the browser has a network, as it says itself. Re-renders its host when that changes. */
export class Connection implements ReactiveController {
  isOffline = !navigator.onLine;
  private readonly changed = () => {
    this.isOffline = !navigator.onLine;
    this.host.requestUpdate();
    if (!this.isOffline) this.onBack();
  };

  /** @param onBack called when the network is back */
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly onBack: () => unknown = () => undefined,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener('online', this.changed);
    addEventListener('offline', this.changed);
  }

  hostDisconnected(): void {
    removeEventListener('online', this.changed);
    removeEventListener('offline', this.changed);
  }

  /** A place on the page that says it while there is no network. */
  notice(text: string): TemplateResult {
    return html`<div role="status">${this.isOffline ? html`<p class="notice">${text}</p>` : nothing}</div>`;
  }
}
