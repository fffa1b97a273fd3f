import type { Socket } from 'node:net';
import { Problem } from '@scan-login/nest/common';
import type { FastifyReply } from 'fastify';
import { problemOf } from './problem-of.js';

/** Neither the filter nor a hook sees these responses, so they set their own headers. */
const HEADERS = {
  'Content-Type': 'application/problem+json',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Responds to a request that the router refuses before it finds a route, such as one with a malformed URL. */
export function answerFrameworkError(error: Error, _request: unknown, reply: FastifyReply): void {
  const { body } = problemOf(error);
  reply.code(body.status).headers(HEADERS).send(body);
}

const STATUS_OF: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Responds to a client that sends no valid HTTP, or sends its request too slowly. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const statusCode = STATUS_OF[error.code ?? ''];
  const problem = statusCode ? problemOf({ statusCode }) : new Problem('invalid_request');
  const { body } = problem;
  const text = JSON.stringify(body);
  const headers = { ...HEADERS, 'Content-Length': Buffer.byteLength(text), Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${body.status} ${body.code}\r\n${lines.join('')}\r\n${text}`);
}
