import type { KnownScreen, KnownScreenList } from '@scan-login/client';
import { html, nothing, type TemplateResult } from 'lit';
import { HomePart } from './home-part.js';

/** Offers to sign out all screens that the account has not approved, and asks first. */
class UnknownScreens extends HomePart {
  static override properties = { ...HomePart.properties, found: { state: true }, isDone: { state: true } };

  /** Those that it asks about. */
  declare private found?: KnownScreen[];
  declare private isDone?: boolean;

  private async ask(): Promise<void> {
    await this.change(async () => {
      const { screens } = await this.session.call<KnownScreenList>('/v1/account/screens');
      this.found = screens.filter(({ isNew }) => isNew);
    }, '');
    // the number of screens is zero, but one may be about to sign in
    if (this.found?.length === 0) await this.endAll();
  }

  private async endAll(): Promise<void> {
    const count = this.found!.length;
    const said = count === 0 ? this.messages.endUnknownNone : this.messages.endUnknownDone(count);
    await this.change(async () => {
      await this.session.call('/v1/sessions/unknown', { method: 'DELETE' });
      this.isDone = true;
    }, said);
  }

  protected override render(): TemplateResult {
    return html`${this.isDone ? nothing : this.choice()}
      <p role="status">${this.said || nothing}</p>`;
  }

  private choice(): TemplateResult {
    const { messages, isBusy, found = [] } = this;
    if (found.length === 0)
      return html`<button class="no" ?disabled=${isBusy} @click=${() => this.ask()}>${messages.endUnknown}</button>`;
    const names = found.map(({ device }) => this.titleOf(device)).join(messages.betweenNames);
    return html`<p>${messages.endUnknownAsk(names)}</p>
      <div class="actions">
        <button class="quiet" ?disabled=${isBusy} @click=${() => (this.found = undefined)}>${messages.keep}</button>
        <button class="no" ?disabled=${isBusy} @click=${() => this.endAll()}>
          ${messages.endUnknownSure(found.length)}
        </button>
      </div>`;
  }
}

customElements.define('unknown-screens', UnknownScreens);
