import { problemDocument, problemOf } from '#libs/common';
import type { FastifyReply } from 'fastify';

/** What the router refuses before any route, filter or hook is asked: an address that cannot be read. */
export function sendFrameworkProblem(error: Error, _request: unknown, reply: FastifyReply): void {
  const body = problemDocument(problemOf(error));
  reply
    .code(body.status)
    .headers({
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    })
    .send(body);
}
