import type { ServerResponse } from 'node:http';
import { whenClosed } from '@scan-login/nest/common';
import type { StatusView } from './ticket.schemas.js';

/** Of Fastify. */
interface Reply {
  raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): object;
}

/** Of Fastify, or of node:http and Express. */
export type Response = ServerResponse | Reply;

/**
 * An answer that may come much later than its call. It is written to the connection by itself: what a framework keeps
 * for each call that it waits for, promises above all, takes as much memory as all else of a held poll.
 */
export class LateAnswer {
  constructor(private readonly response: Response) {}

  /** Calls back once the caller is gone, or has been answered. */
  onHangUp(then: () => void): void {
    whenClosed(this.raw, then);
  }

  /** From now on the framework does not expect an answer, and gives none. */
  takeOver(): void {
    if ('hijack' in this.response) this.response.hijack();
  }

  send(view: StatusView): void {
    const { raw } = this;
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

  private get raw(): ServerResponse {
    return 'raw' in this.response ? this.response.raw : this.response;
  }
}
