// A held poll in bare Fastify: a map by uuid, a timer, and nothing else.
import Fastify from 'fastify';
import { answers } from '../support/answering.mjs';

const HOLD_MS = 300_000;
/** @type {Map<string, (status: string) => void>} */
const held = new Map();
const fastify = Fastify();

fastify.get('/v1/tickets/:uuid/status', (request, reply) => {
  const { uuid } = /** @type {{ uuid: string }} */ (request.params);
  const { known = 'pending' } = /** @type {{ known?: string }} */ (request.query);
  reply.header('Cache-Control', 'no-store');
  if (known !== 'pending') return { code: 408, status: 'pending', expiresIn: 60 };
  return new Promise((resolve) => {
    const tell = (status) => {
      clearTimeout(timer);
      held.delete(uuid);
      resolve({ code: 408, status, expiresIn: 60 });
    };
    const timer = setTimeout(tell, HOLD_MS, known);
    held.set(uuid, tell);
    reply.raw.on('close', () => {
      clearTimeout(timer);
      held.delete(uuid);
    });
  });
});

await fastify.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 });

answers({ held: () => held.size });
