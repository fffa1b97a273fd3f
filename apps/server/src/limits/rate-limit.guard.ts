import { type Cost, Limited, Problem } from '#libs/common';
import { networkOf } from '#libs/device-auth';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.js';

/** Calls of each cost that one network may make in a minute; 0 for any number. */
export type Rates = Record<Cost, number>;
export const RATES = Symbol('Rates');

export function ratesOf(config: Config): Rates {
  return {
    ticket: config.TICKETS_PER_MINUTE,
    poll: config.POLLS_PER_MINUTE,
    scan: config.SCANS_PER_MINUTE,
    decision: config.SCANS_PER_MINUTE,
    'sign-in': config.SIGN_INS_PER_MINUTE,
    account: config.ACCOUNTS_PER_MINUTE,
  };
}

/**
 * Keeps one network from taking all there is. Counted in memory, by each instance for itself: a flood is to cost
 * nothing, least of all a write. Guessing of passwords is another matter, and counted in the database (device-auth).
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private readonly limiters: Map<string, RateLimiterAbstract>;

  constructor(
    @Inject(RATES) rates: Rates,
    private readonly reflector: Reflector,
  ) {
    const limited = Object.entries(rates).filter(([, points]) => points > 0);
    this.limiters = new Map(limited.map(([cost, points]) => [cost, new RateLimiterMemory({ points, duration: 60 })]));
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const cost = this.reflector.get(Limited, context.getHandler());
    const limiter = cost && this.limiters.get(cost);
    const network = networkOf(context.switchToHttp().getRequest<{ ip: string }>().ip);
    if (!limiter || network === undefined) return true;
    try {
      await limiter.consume(network);
      return true;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new Problem('too_many_requests', { retryAfter: Math.ceil(refusal.msBeforeNext / 1000) });
    }
  }
}
