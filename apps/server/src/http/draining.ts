import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@scan-login/nest/common';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/** Longest wait for answers that are under way. */
const PATIENCE_MS = 5_000;

/**
 * Going down without breaking a call: from the first moment on not ready, new calls are sent elsewhere, held polls are
 * answered (by qr), and the process leaves when the last answer is out.
 */
@Injectable()
export class Draining implements BeforeApplicationShutdown {
  isDraining = false;
  private underWay = 0;
  /** One for all: a held poll keeps its listeners. */
  private readonly left = () => (this.underWay -= 1);

  /** Counts calls under way, and turns new ones away once draining. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      this.underWay += 1;
      reply.raw.on('close', this.left);
      if (!this.isDraining || request.url === '/livez') return done();
      reply.header('Connection', 'close');
      done(request.url === '/readyz' ? undefined : new Problem('unavailable', { retryAfter: 1 }));
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const until = Date.now() + PATIENCE_MS; this.underWay > 0 && Date.now() < until;) await sleep(10);
  }
}
