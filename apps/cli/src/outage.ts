import type { Offline } from '@scan-login/client';
import { errorMessage } from './error-message.js';
import { print, printError } from './output.js';

/** Seconds. A restarted server still has its tickets, so the wait is longer while a code is shown. */
const GIVE_UP_AFTER = { withoutCode: 30, withCode: 300 };

/** Gives up after a long outage; the client itself retries without end. */
export class Outage {
  private readonly controller = new AbortController();
  private timer?: NodeJS.Timeout;

  /** Aborts with the error when the server has been unreachable for too long. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  begin({ error, before }: Offline): void {
    printError(`${errorMessage(error)} Trying again …`);
    const seconds = before ? GIVE_UP_AFTER.withCode : GIVE_UP_AFTER.withoutCode;
    this.timer = setTimeout(() => this.controller.abort(error), seconds * 1000);
  }

  /** The server responds; prints that if there was an outage. */
  end(): void {
    if (this.timer) print('The server answers again.');
    this.cancel();
  }

  /** Call when the login is over: the timer would keep the process alive. */
  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
