import { type HttpResponse, rawOf, whenClosed } from '@scan-login/nest/common';
import type { StatusView } from '../ticket.schemas.js';

/**
 * A response that may come much later than its request. It is written past the framework, which keeps as much memory for
 * each request that it waits for, promises above all, as all the rest of a held poll takes.
 */
export class LateResponse {
  constructor(private readonly response: HttpResponse) {}

  /**
   * Calls back once the response was sent or the client is gone. Not an `AbortSignal`: with its listener one takes 1.1 KiB
   * (Node 20), a sixth of a whole held poll.
   */
  onClose(then: () => void): void {
    whenClosed(rawOf(this.response), then);
  }

  /** From now on the framework neither expects a response nor sends one. */
  takeOver(): void {
    if ('hijack' in this.response) this.response.hijack();
  }

  send(view: StatusView): void {
    const raw = rawOf(this.response);
    if (raw.destroyed) return;
    const text = JSON.stringify(view);
    raw.writeHead(200, {
      ...this.response.getHeaders(),
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'content-length': Buffer.byteLength(text),
    });
    raw.end(text);
  }
}
