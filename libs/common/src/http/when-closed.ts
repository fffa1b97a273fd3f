import type { ServerResponse } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** As much of Fastify's reply as is needed. */
interface Reply {
  raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): object;
}

/** Of node:http and Express, or of Fastify, which keeps the former inside. */
export type HttpResponse = ServerResponse | Reply;

export function rawOf(response: HttpResponse): ServerResponse {
  return 'raw' in response ? response.raw : response;
}

/**
 * Calls back once, when a response was sent or its client is gone.
 *
 * The response tells, and not the request, which is closed as soon as it was read. But while a response waits behind
 * another one on the same connection (pipelining) it has no socket, and Node does not close it together with that.
 */
export function whenClosed(response: ServerResponse, then: () => void): void {
  const { socket } = response.req;
  if (response.destroyed || socket.destroyed) then();
  else if (response.socket) response.on('close', then);
  else {
    const close = () => {
      response.off('close', close);
      socket.off('close', close);
      then();
    };
    response.on('close', close);
    socket.on('close', close);
  }
}

/** Aborts once the response was sent or its client is gone. */
export function signalOf(response: HttpResponse): AbortSignal {
  const closed = new AbortController();
  whenClosed(rawOf(response), () => closed.abort());
  return closed.signal;
}

/** The signal of the response, as a parameter of a controller: for what must not happen without its client. */
export const ResponseSignal = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal =>
  signalOf(context.switchToHttp().getResponse<HttpResponse>()),
);
