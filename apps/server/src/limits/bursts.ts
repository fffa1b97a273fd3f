import { type Cost, Problem } from '@scan-login/nest/common';
import type { CountedNetwork } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { LIMITS, type Limits } from './limits.js';

/** Of a minute's calls, in one second; but a few dozen always from an address, as a page loads or an office comes back. */
const SHARE = 1 / 10;
const LEAST = 30;
const WINDOW_S = 1;

/**
 * Keeps a network from using up all of its minute at once, when everybody else would wait until that is done. Counted by
 * each instance for itself: what one takes is at the others' expense there, and nowhere else.
 */
@Injectable()
export class Bursts {
  private readonly limiters = new Map<string, RateLimiterMemory>();

  constructor(@Inject(LIMITS) private readonly limits: Limits) {}

  /**
   * @param networks the narrowest first; the wider ones have multiples of the limit
   * @throws Problem too_many_requests
   */
  async take(cost: Cost, networks: readonly CountedNetwork[]): Promise<void> {
    const perMinute = this.limits.network[cost] ?? 0;
    if (perMinute === 0) return;
    try {
      for (const { name, factor } of networks) await this.limiter(cost, perMinute * factor, factor)?.consume(name);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new Problem('too_many_requests', { retryAfter: WINDOW_S });
    }
  }

  /** @returns nothing where a minute's calls are no more than may come at once */
  private limiter(cost: Cost, perMinute: number, factor: number): RateLimiterMemory | undefined {
    const points = Math.max(LEAST * Math.max(1, factor), Math.ceil(perMinute * SHARE));
    if (points >= perMinute) return undefined;
    const key = `${cost} ${factor}`;
    const limiter = this.limiters.get(key) ?? new RateLimiterMemory({ points, duration: WINDOW_S });
    this.limiters.set(key, limiter);
    return limiter;
  }
}
