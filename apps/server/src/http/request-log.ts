import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

/** One line a call, at debug: the route's pattern and not the address, which may carry what nobody should read. */
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
