import { type HttpResponse, rawOf, whenClosed } from '@scan-login/nest/common';

/**
 * A response that may be sent much later than its request. It bypasses the framework, which keeps promises and other
 * state for each pending request: as much memory as the rest of a held poll.
 */
export class LateResponse {
  constructor(private readonly response: HttpResponse) {}

  /**
   * Calls back once the response was sent or the client has disconnected. Not an `AbortSignal`: one with its listener
   * takes 1.1 KiB (Node 20), a sixth of a whole held poll.
   */
  onClose(callback: () => void): void {
    whenClosed(rawOf(this.response), callback);
  }

  /** Keeps the framework from sending a response of its own. */
  takeOver(): void {
    if ('hijack' in this.response) this.response.hijack();
  }

  send(view: object): void {
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
