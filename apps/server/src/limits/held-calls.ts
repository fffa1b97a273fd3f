import type { ServerResponse } from 'node:http';
import { Problem, whenClosed } from '@scan-login/nest/common';
import type { CountedNetwork } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';

/** How many calls one address may hold open at once; 0 for no limit. */
export const MOST_HELD = Symbol('MostHeld');
const RETRY_AFTER_S = 5;

/**
 * Counts the open status calls and event streams of this instance, by network. A limit per minute does not bound them:
 * each is one call, but takes a connection and memory for as long as it is held.
 */
@Injectable()
export class HeldCalls {
  private readonly counts = new Map<string, number>();

  constructor(@Inject(MOST_HELD) private readonly most: number) {}

  /**
   * Counts one call until its response is closed.
   * @throws Problem too_many_requests; then nothing was counted
   */
  hold(networks: readonly CountedNetwork[], response: ServerResponse): void {
    if (this.most === 0) return;
    for (const { name, factor } of networks) {
      if (this.held(name) < Math.max(1, this.most * factor)) continue;
      const detail = 'Your network has too many polls and event streams open';
      throw new Problem('too_many_requests', { detail, retryAfter: RETRY_AFTER_S });
    }
    for (const { name } of networks) this.counts.set(name, this.held(name) + 1);
    whenClosed(response, () => this.release(networks));
  }

  /** Number of networks with open calls. */
  get size(): number {
    return this.counts.size;
  }

  private held(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  private release(networks: readonly CountedNetwork[]): void {
    for (const { name } of networks) {
      const rest = this.held(name) - 1;
      if (rest > 0) this.counts.set(name, rest);
      else this.counts.delete(name);
    }
  }
}
