import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from './metrics.js';

const MOVES: Record<string, string> = {
  'POST /v1/tickets': 'open',
  'DELETE /v1/tickets/:uuid': 'cancel',
  'POST /v1/tickets/:uuid/redeem': 'redeem',
  'POST /v1/tickets/:uuid/scan': 'scan',
  'POST /v1/tickets/:uuid/confirm': 'confirm',
  'POST /v1/tickets/:uuid/deny': 'deny',
};

/** Counts moves when their response is sent, so that calls refused by a guard count too. */
export function countMoves(fastify: FastifyInstance, metrics: Metrics): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const move = moveOf(request);
    if (move) metrics.moved(move, reply.statusCode < 400 ? 'done' : codeOf(payload));
    done();
  });
}

function moveOf({ method, routeOptions }: FastifyRequest): string | undefined {
  return method === 'GET' ? undefined : MOVES[`${method} ${routeOptions.url}`];
}

function codeOf(payload: unknown): string {
  return typeof payload === 'string' ? ((JSON.parse(payload) as { code?: string }).code ?? 'unknown') : 'unknown';
}
