import {
  type Passkey,
  type PasskeyCreationOptions,
  type PasskeyList,
  type ScanLoginError,
  signInWithPasskey,
} from '@scan-login/client';
import { html, nothing, type TemplateResult } from 'lit';
import { loadKey } from '../common/load-key.js';
import { shownName } from '../common/names.js';
import { askForPasskey, hasPasskeys, makePasskey } from '../common/passkeys.js';
import { publicUrl } from '../common/session.js';
import { OneAtATime } from './one-at-a-time.js';
import { passkeyMessages, passkeyProblem } from './passkeys.messages.js';

abstract class WithPasskeys extends OneAtATime {
  protected override problemOf(error: ScanLoginError): string {
    return passkeyProblem(error);
  }
}

/** Lists the passkeys of the account, adds and removes them. Shows nothing where the browser has none. */
class PasskeyListing extends WithPasskeys {
  static override properties = { ...WithPasskeys.properties, passkeys: { state: true } };

  declare private passkeys?: Passkey[];

  override connectedCallback(): void {
    super.connectedCallback();
    if (hasPasskeys()) queueMicrotask(() => void this.attempt(() => this.load()));
  }

  private async load(): Promise<void> {
    ({ passkeys: this.passkeys } = await this.session.call<PasskeyList>('/v1/passkeys'));
  }

  private async add(): Promise<void> {
    await this.attempt(async () => {
      const options = await this.session.call<PasskeyCreationOptions>('/v1/passkeys/options', { method: 'POST' });
      const { id, rawId, type, response } = (await makePasskey(options)) as Record<string, unknown>;
      await this.session.call('/v1/passkeys', { method: 'POST', body: { credential: { id, rawId, type, response } } });
      await this.load();
      this.said = passkeyMessages().added;
    });
  }

  private async removeOne(id: string): Promise<void> {
    await this.attempt(async () => {
      await this.session.call(`/v1/passkeys/${id}`, { method: 'DELETE' });
      await this.load();
      this.said = passkeyMessages().removed;
      this.querySelector<HTMLElement>('h2')?.focus();
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { passkeys, isBusy, said } = this;
    // a session that began with a scan has none, and neither has a browser without a secure context
    if (!passkeys) return nothing;
    const messages = passkeyMessages();
    return html`<section class="card stack" aria-labelledby="passkeys">
      <h2 id="passkeys" tabindex="-1">${messages.title}</h2>
      <p class="muted small">${messages.lead}</p>
      ${
        passkeys.length > 0
          ? html`<ul class="devices">
              ${passkeys.map((one) => this.row(one))}
            </ul>`
          : nothing
      }
      <p class="muted small" role="status">${said || nothing}</p>
      <button class="quiet" ?disabled=${isBusy} @click=${() => this.add()}>${messages.add}</button>
    </section>`;
  }

  private row({ id, name, createdAt, lastUsedAt, isSynced }: Passkey): TemplateResult {
    const messages = passkeyMessages();
    const title = name ? shownName(name) : messages.unnamed(dateOf(createdAt));
    return html`<li>
      <div>
        <strong>${title}</strong> ${isSynced ? html`<span class="badge">${messages.synced}</span>` : nothing}
        <p class="muted small">${lastUsedAt ? messages.used(dateOf(lastUsedAt)) : messages.unused}</p>
      </div>
      <button
        class="quiet"
        aria-label=${messages.removeOf(title)}
        ?disabled=${this.isBusy}
        @click=${() => this.removeOne(id)}
      >
        ${messages.remove}
      </button>
    </li>`;
  }
}

/** Signs this phone in with a passkey. Fires `done`. */
class PasskeySignIn extends WithPasskeys {
  private async signIn(): Promise<void> {
    await this.attempt(async () => {
      const device = { id: await this.session.deviceId(), type: 'phone' } as const;
      const given = { server: '', publicUrl: publicUrl(), device, key: loadPhoneKey, refreshCookie: true };
      await this.session.begin(await signInWithPasskey({ ...given, verify: askForPasskey }));
      this.dispatchEvent(new CustomEvent('done'));
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!hasPasskeys()) return nothing;
    const { isBusy, said } = this;
    return html`<div class="stack">
      <button type="button" class="quiet" ?disabled=${isBusy} @click=${() => this.signIn()}>
        ${passkeyMessages().signIn}
      </button>
      <p class="problem" role="alert">${said || nothing}</p>
    </div>`;
  }
}

const loadPhoneKey = () => loadKey('', 'phone');

function dateOf(time: string): string {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium' }).format(new Date(time));
}

customElements.define('passkey-list', PasskeyListing);
customElements.define('passkey-sign-in', PasskeySignIn);
