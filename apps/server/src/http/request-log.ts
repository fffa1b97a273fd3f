import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

/** Logs one line per call at debug. Logs the route's pattern, not the URL, which may contain private data. */
export function logRequests(fastify: FastifyInstance, log: Logger): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    log.debug({
      event: 'http',
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    });
    done();
  });
}
