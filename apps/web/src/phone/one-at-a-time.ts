import { ScanLoginError, type Session } from '@scan-login/client';
import { LitElement, type PropertyDeclarations } from 'lit';
import type { Messages } from './messages.en.js';

/** A part of a page that does one thing at a time, and says how that went. */
export abstract class OneAtATime extends LitElement {
  static override properties: PropertyDeclarations = {
    session: { attribute: false },
    messages: { attribute: false },
    isBusy: { state: true },
    said: { state: true },
  };

  declare session: Session;
  declare messages: Messages;
  declare protected isBusy: boolean;
  declare protected said: string;

  constructor() {
    super();
    this.isBusy = false;
    this.said = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  /** What is said of an error; nothing for one that the page shows by itself. */
  protected abstract problemOf(error: ScanLoginError): string;

  protected async attempt(work: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    this.said = '';
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ScanLoginError)) throw error;
      this.said = this.problemOf(error);
    } finally {
      this.isBusy = false;
    }
  }
}
