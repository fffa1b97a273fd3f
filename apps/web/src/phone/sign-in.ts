import { ScanLoginError, type Session } from '@scan-login/client';
import { html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { Messages } from './messages.en.js';

/** Signs in this phone, with an existing account or a new one. Fires `done`. */
class SignInForm extends LitElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    messages: { attribute: false },
    lead: { attribute: false },
    isNew: { state: true },
    isBusy: { state: true },
    problem: { state: true },
  };

  declare session: Session;
  declare messages: Messages;
  declare lead: string;
  declare private isNew: boolean;
  declare private isBusy: boolean;
  /** A key of `problems`. */
  declare private problem: string;

  constructor() {
    super();
    this.isNew = false;
    this.isBusy = false;
    this.problem = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private turn(): void {
    this.isNew = !this.isNew;
    this.problem = '';
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.isBusy) return;
    const given = new FormData(event.target as HTMLFormElement);
    const text = (name: string) => (given.get(name) as string | null) ?? '';
    this.isBusy = true;
    this.problem = '';
    try {
      await this.send(text('username').trim(), text('password'), text('displayName').trim());
      this.dispatchEvent(new CustomEvent('done'));
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.isBusy = false;
    }
  }

  private async send(username: string, password: string, displayName: string): Promise<void> {
    if (this.isNew) {
      await this.session.register({ username, password, displayName: displayName || undefined });
      // if the next call fails, a second press must sign in, not register again
      this.isNew = false;
    }
    await this.session.signIn(username, password);
  }

  protected override render(): TemplateResult {
    const { messages, isNew, isBusy, problem } = this;
    const isOf = (pointer: string) => (problem === pointer ? 'true' : 'false');
    return html`<form class="stack" novalidate @submit=${this.submit}>
      <div>
        <h1 tabindex="-1">${isNew ? messages.register : messages.signIn}</h1>
        <p class="muted">${this.lead}</p>
      </div>
      <label>
        <span>${messages.username}</span>
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
        <span>${isNew ? messages.newPassword : messages.password}</span>
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
              <span>${messages.displayName} <span class="muted">(${messages.optional})</span></span>
              <input name="displayName" autocomplete="name" aria-invalid=${isOf('/displayName')} />
            </label>`
          : nothing
      }
      <p class="problem" role="alert">
        ${problem ? (messages.problems[problem] ?? messages.problems['other']) : nothing}
      </p>
      <button ?disabled=${isBusy}>${isNew ? messages.registerAndGoOn : messages.goOn}</button>
      <button type="button" class="bare" @click=${this.turn}>${isNew ? messages.toSignIn : messages.toRegister}</button>
    </form>`;
  }
}

/** The key of the message: the first invalid input, or the code of the problem. */
function problemOf(error: unknown): string {
  if (!(error instanceof ScanLoginError)) throw error;
  if (error.status === 0) return 'offline';
  return error.errors?.[0]?.pointer ?? (error.isPassing ? 'busy' : error.code);
}

customElements.define('sign-in-form', SignInForm);
