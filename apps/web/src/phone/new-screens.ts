import type { KnownScreen } from '@scan-login/client';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { HomePart } from './home-part.js';

/** The screens that the account has not approved: each is approved, or signed out and forgotten. */
class NewScreens extends HomePart {
  static override properties = { ...HomePart.properties, screens: { attribute: false } };

  /** All screens of the account; nothing before they were read. */
  declare screens?: KnownScreen[];

  /** Says that one was added while the page was open. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('screens');
    if (!before || !this.screens) return;
    const added = this.screens.find(({ id, isNew }) => isNew && !before.some((each) => each.id === id));
    if (added) this.said = this.messages.newSignIn(this.titleOf(added.device));
  }

  private approve({ id, device }: KnownScreen): Promise<void> {
    const path = `/v1/account/screens/${id}/acknowledge`;
    const said = this.messages.approved(this.titleOf(device));
    return this.change(() => this.session.call(path, { method: 'POST' }), said);
  }

  private forget({ id, device }: KnownScreen): Promise<void> {
    const said = this.messages.forgotten(this.titleOf(device));
    return this.change(() => this.session.call(`/v1/account/screens/${id}`, { method: 'DELETE' }), said);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { messages, said } = this;
    const screens = this.screens?.filter(({ isNew }) => isNew) ?? [];
    if (screens.length === 0 && !said) return nothing;
    return html`<section class="card stack" aria-labelledby="new-screens">
      ${
        screens.length > 0
          ? html`<h2 id="new-screens" tabindex="-1">${messages.newScreens}</h2>
              <ul class="devices">
                ${screens.map((one) => this.row(one))}
              </ul>`
          : html`<h2 id="new-screens" tabindex="-1" class="unseen">${messages.newScreens}</h2>`
      }
      <p class="muted small" role="status">${said || nothing}</p>
    </section>`;
  }

  private row(screen: KnownScreen): TemplateResult {
    const { messages, isBusy } = this;
    const title = this.titleOf(screen.device);
    const more = this.detailsOf(screen.device, screen.place ?? screen.network);
    return html`<li class="stack">
      <div>
        <strong>${title}</strong> <span class="badge new">${messages.isNew}</span>
        <p class="muted small">${more}</p>
        <p class="muted small">
          ${messages.signedInAt(this.ago(screen.firstSignedInAt))}${screen.sessionId ? nothing : messages.signedOutSince}
        </p>
      </div>
      <div class="actions">
        <button
          class="no"
          aria-label=${messages.signOutOf(title)}
          ?disabled=${isBusy}
          @click=${() => this.forget(screen)}
        >
          ${messages.signOutAndForget}
        </button>
        <button
          class="quiet"
          aria-label=${messages.approveOf(title)}
          ?disabled=${isBusy}
          @click=${() => this.approve(screen)}
        >
          ${messages.approve}
        </button>
      </div>
    </li>`;
  }
}

customElements.define('new-screens', NewScreens);
