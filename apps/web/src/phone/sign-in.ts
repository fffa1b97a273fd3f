import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { call, CallFailed } from '../common/http.js';
import type { PageSession } from '../common/session.js';
import type { Words } from './words.js';

/** Signs this phone in, with an account that there is or one that is made here. Fires `done`. */
class SignInForm extends LitElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    words: { attribute: false },
    lead: { attribute: false },
    isNew: { state: true },
    isBusy: { state: true },
    fault: { state: true },
  };

  declare session: PageSession;
  declare words: Words;
  declare lead: string;
  declare private isNew: boolean;
  declare private isBusy: boolean;
  /** A key of `problems`. */
  declare private fault: string;

  constructor() {
    super();
    this.isNew = false;
    this.isBusy = false;
    this.fault = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private turn(): void {
    this.isNew = !this.isNew;
    this.fault = '';
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.isBusy) return;
    const given = new FormData(event.target as HTMLFormElement);
    const text = (name: string) => (given.get(name) as string | null) ?? '';
    this.isBusy = true;
    this.fault = '';
    try {
      await this.send(text('username').trim(), text('password'), text('displayName').trim());
      this.dispatchEvent(new CustomEvent('done'));
    } catch (error) {
      this.fault = faultOf(error);
    } finally {
      this.isBusy = false;
    }
  }

  private async send(username: string, password: string, displayName: string): Promise<void> {
    if (this.isNew) {
      const body = { username, password, ...(displayName && { displayName }) };
      await call('/v1/accounts', { method: 'POST', body });
      // were the next call to fail, a second press must sign in, not register again
      this.isNew = false;
    }
    await this.session.signIn(username, password);
  }

  protected override render(): TemplateResult {
    const { words, isNew, isBusy, fault } = this;
    const isOf = (pointer: string) => (fault === pointer ? 'true' : 'false');
    return html`<form class="stack" novalidate @submit=${this.submit}>
      <div>
        <h1 tabindex="-1">${isNew ? words.register : words.signIn}</h1>
        <p class="muted">${this.lead}</p>
      </div>
      <label>
        <span>${words.username}</span>
        <input
          name="username"
          required
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          aria-invalid=${isOf('/username')}
        />
      </label>
      <label>
        <span>${isNew ? words.newPassword : words.password}</span>
        <input
          name="password"
          type="password"
          required
          autocomplete=${isNew ? 'new-password' : 'current-password'}
          aria-invalid=${isOf('/password')}
        />
      </label>
      ${
        isNew
          ? html`<label>
              <span>${words.displayName} <span class="muted">(${words.optional})</span></span>
              <input name="displayName" autocomplete="name" aria-invalid=${isOf('/displayName')} />
            </label>`
          : nothing
      }
      <p class="fault" role="alert">${fault ? (words.problems[fault] ?? words.problems['other']) : nothing}</p>
      <button ?disabled=${isBusy}>${isNew ? words.registerAndGoOn : words.goOn}</button>
      <button type="button" class="bare" @click=${this.turn}>${isNew ? words.toSignIn : words.toRegister}</button>
    </form>`;
  }
}

/** What to say of it: the first input that is wrong, or the code of the problem. */
function faultOf(error: unknown): string {
  if (!(error instanceof CallFailed)) throw error;
  if (error.status === 0) return 'offline';
  return error.problem.errors?.[0]?.pointer ?? (error.isPassing ? 'busy' : error.code);
}

customElements.define('sign-in-form', SignInForm);
