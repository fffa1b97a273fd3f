import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@scan-login/nest/common';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/** Longest wait for calls in progress. */
const TIMEOUT_MS = 5_000;

/**
 * Shuts down without breaking a call. From the start of the shutdown the server is not ready and refuses new calls; qr
 * answers the held polls; the process exits when the last response is sent.
 */
@Injectable()
export class Draining implements BeforeApplicationShutdown {
  isDraining = false;
  private inProgress = 0;
  /** One function for all calls: a held poll keeps its listeners in memory. */
  private readonly onClose = () => (this.inProgress -= 1);

  /** Counts calls in progress, and refuses new ones once draining. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      this.inProgress += 1;
      reply.raw.on('close', this.onClose);
      if (!this.isDraining || request.url === '/livez') return done();
      reply.header('Connection', 'close');
      done(request.url === '/readyz' ? undefined : new Problem('unavailable', { retryAfter: 1 }));
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const until = Date.now() + TIMEOUT_MS; this.inProgress > 0 && Date.now() < until;) await sleep(10);
  }
}
