import type { StatusView } from './ticket.schemas.js';

/** Of node:http, and Express. */
interface NodeResponse {
  destroyed: boolean;
  on(event: 'close', then: () => void): unknown;
  getHeaders(): object;
  writeHead(status: number, headers: object): unknown;
  end(text: string): unknown;
}

/** Of Fastify. */
interface Reply {
  raw: NodeResponse;
  hijack(): unknown;
  getHeaders(): object;
}

export type Response = NodeResponse | Reply;

/**
 * An answer that may come much later than its call. It is written to the connection by itself: what a framework keeps
 * for each call that it waits for, promises above all, takes as much memory as all else of a held poll.
 */
export class LateAnswer {
  constructor(private readonly response: Response) {}

  /** Calls back once the caller is gone, or has been answered. */
  onHangUp(then: () => void): void {
    // the response tells, and not the request: that one is closed as soon as it was read
    const { raw } = this;
    if (raw.destroyed) then();
    else raw.on('close', then);
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

  private get raw(): NodeResponse {
    return 'raw' in this.response ? this.response.raw : this.response;
  }
}
