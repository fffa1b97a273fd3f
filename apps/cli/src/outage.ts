import type { Offline } from '@scan-login/client';
import { errorMessage } from './error-message.js';
import { print, printError } from './output.js';

/** Seconds. A server that is restarted still has its tickets: with a code on the screen, it is worth a longer wait. */
const GIVE_UP_AFTER = { withoutCode: 30, withCode: 300 };

/** The client retries for ever; this gives up. */
export class Outage {
  private readonly controller = new AbortController();
  private timer?: NodeJS.Timeout;

  /** Aborts with the error when the server has been away for too long. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  begin({ error, before }: Offline): void {
    printError(`${errorMessage(error)} Trying again …`);
    const seconds = before ? GIVE_UP_AFTER.withCode : GIVE_UP_AFTER.withoutCode;
    this.timer = setTimeout(() => this.controller.abort(error), seconds * 1000);
  }

  /** The server has answered; says so where it was away. */
  end(): void {
    if (this.timer) print('The server answers again.');
    this.cancel();
  }

  /** The login is over: a timer would keep the process alive. */
  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
