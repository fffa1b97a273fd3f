import { type Cost, Problem } from '@scan-login/nest/common';
import type { CountedNetwork } from '@scan-login/nest/device-auth';
import { Inject, Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { LIMITS, type Limits } from './limits.js';

/**
 * The share of a minute's calls that may come in one second; but always a few dozen, as when a page loads or an office
 * reconnects.
 */
const SHARE = 1 / 10;
const LEAST = 30;
const WINDOW_S = 1;

/**
 * Keeps a network from using its limit for a minute all at once, which would delay all other clients. Each instance
 * counts for itself, because a burst delays only the clients of that instance.
 */
@Injectable()
export class Bursts {
  private readonly limiters = new Map<string, RateLimiterMemory>();

  constructor(@Inject(LIMITS) private readonly limits: Limits) {}

  /**
   * @param networks the narrowest first; wider ones have multiples of the limit
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

  /** @returns undefined if the limit for a minute is no higher than the limit for a burst */
  private limiter(cost: Cost, perMinute: number, factor: number): RateLimiterMemory | undefined {
    const points = Math.max(LEAST * Math.max(1, factor), Math.ceil(perMinute * SHARE));
    if (points >= perMinute) return undefined;
    const key = `${cost} ${factor}`;
    const limiter = this.limiters.get(key) ?? new RateLimiterMemory({ points, duration: WINDOW_S });
    this.limiters.set(key, limiter);
    return limiter;
  }
}
