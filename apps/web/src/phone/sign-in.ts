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
    faults: { state: true },
  };

  declare session: Session;
  declare messages: Messages;
  declare lead: string;
  declare private isNew: boolean;
  declare private isBusy: boolean;
  /** What is wrong with the whole: a key of `problems`. */
  declare private problem: string;
  /** What is wrong with a field, by its name: keys of `problems`. */
  declare private faults: Record<string, string>;

  constructor() {
    super();
    this.isNew = false;
    this.isBusy = false;
    this.problem = '';
    this.faults = {};
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private turn(): void {
    this.isNew = !this.isNew;
    this.problem = '';
    this.faults = {};
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (this.isBusy) return;
    const given = new FormData(event.target as HTMLFormElement);
    const text = (name: string) => (given.get(name) as string | null) ?? '';
    const [username, password] = [text('username').trim(), text('password')];
    this.problem = '';
    this.faults = { ...(!username && { username: 'no-username' }), ...(!password && { password: 'no-password' }) };
    if (!username || !password) return this.toFault();
    this.isBusy = true;
    try {
      await this.send(username, password, text('displayName').trim());
      this.dispatchEvent(new CustomEvent('done'));
    } catch (error) {
      if (!(error instanceof ScanLoginError)) throw error;
      this.faults = faultsOf(error);
      if (Object.keys(this.faults).length > 0) await this.toFault();
      else this.problem = problemOf(error);
    } finally {
      this.isBusy = false;
    }
  }

  /** To the first field that is to be corrected. */
  private async toFault(): Promise<void> {
    await this.updateComplete;
    this.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
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
    return html`<form class="stack" novalidate @submit=${this.submit}>
      <div>
        <h1 tabindex="-1">${isNew ? messages.register : messages.signIn}</h1>
        <p class="muted">${this.lead}</p>
      </div>
      ${this.field('username', messages.username, 'username')}
      ${this.field('password', isNew ? messages.newPassword : messages.password, isNew ? 'new-password' : 'current-password')}
      ${isNew ? this.field('displayName', messages.displayName, 'name') : nothing}
      <p class="problem" role="alert">
        ${problem ? (messages.problems[problem] ?? messages.problems['other']) : nothing}
      </p>
      <button ?disabled=${isBusy}>${isNew ? messages.registerAndGoOn : messages.goOn}</button>
      ${
        isNew
          ? nothing
          : html`<passkey-sign-in
              .session=${this.session}
              .messages=${messages}
              @done=${() => this.dispatchEvent(new CustomEvent('done'))}
            ></passkey-sign-in>`
      }
      <button type="button" class="bare" @click=${this.turn}>${isNew ? messages.toSignIn : messages.toRegister}</button>
    </form>`;
  }

  private field(name: string, label: string, autocomplete: AutoFill): TemplateResult {
    const { messages } = this;
    const fault = this.faults[name];
    return html`<div class="field">
      <label for=${name}>
        ${label}${name === 'displayName' ? html` <span class="muted">(${messages.optional})</span>` : nothing}
      </label>
      <input
        id=${name}
        name=${name}
        type=${name === 'password' ? 'password' : 'text'}
        autocomplete=${autocomplete}
        autocapitalize=${name === 'displayName' ? 'words' : 'none'}
        spellcheck="false"
        ?required=${name !== 'displayName'}
        aria-invalid=${fault ? 'true' : 'false'}
        aria-describedby="${name}-problem"
      />
      <p class="problem small" id="${name}-problem" role="alert">${fault ? messages.problems[fault] : nothing}</p>
    </div>`;
  }
}

/** The fields that the server refuses, with the key of what it says. */
function faultsOf({ code, errors = [] }: ScanLoginError): Record<string, string> {
  if (code === 'username_taken') return { username: code };
  const ours = errors.filter(({ pointer }) => /^\/(username|password|displayName)$/.test(pointer));
  return Object.fromEntries(ours.map(({ pointer }) => [pointer.slice(1), pointer]));
}

function problemOf({ status, code, isPassing }: ScanLoginError): string {
  if (status === 0) return 'offline';
  return isPassing ? 'busy' : code;
}

customElements.define('sign-in-form', SignInForm);
