import type { ServerResponse } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** The part of Fastify's reply that is used here. */
interface Reply {
  raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): object;
}

/** The response of node:http and Express, or Fastify's reply, which wraps it. */
export type HttpResponse = ServerResponse | Reply;

export function rawOf(response: HttpResponse): ServerResponse {
  return 'raw' in response ? response.raw : response;
}

/**
 * Calls back once, when a response was sent or its client has disconnected.
 *
 * It listens to the response, because a request closes as soon as it was read. While a response waits behind another
 * one on the same connection (pipelining), it has no socket, and Node does not close it with the connection; so it
 * listens to the socket, too.
 */
export function whenClosed(response: ServerResponse, callback: () => void): void {
  const { socket } = response.req;
  if (response.destroyed || socket.destroyed) callback();
  else if (response.socket) response.on('close', callback);
  else {
    const close = () => {
      response.off('close', close);
      socket.off('close', close);
      callback();
    };
    response.on('close', close);
    socket.on('close', close);
  }
}

/** Aborts once the response was sent or its client has disconnected. */
export function signalOf(response: HttpResponse): AbortSignal {
  const closed = new AbortController();
  whenClosed(rawOf(response), () => closed.abort());
  return closed.signal;
}

/** Controller parameter: the signal of the response, for work that must not go on without the client. */
export const ResponseSignal = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal =>
  signalOf(context.switchToHttp().getResponse<HttpResponse>()),
);
