import { type Cost, Problem, repeat, rows, sql, type Sweep } from '@scan-login/nest/common';
import type { CountedNetwork } from '@scan-login/nest/device-auth';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';
import { CALL_COUNTS } from './call-count.entity.js';
import { LIMITS, type Limits } from './limits.js';

const WINDOW_S = 60;
const SHARE_MS = 1_000;
/** A client that uses less than this part of its limit is counted by this instance only. */
const BUSY = 1 / 20;
/** Maximum clients whose counts are shared at a time. */
const BATCH = 1_000;

type Whom = keyof Limits;
type Shared = { key: string; calls: number; leftMs: number };

export const CALL_COUNT_SWEEP: Sweep = { table: CALL_COUNTS, key: sql`key`, past: sql`ends_at < now()`, every: 60 };

/**
 * Counts calls in memory, so that a flood causes no writes. Once a second, one statement adds up the counts of busy
 * clients across all instances, so that a limit holds for all of them together, with a delay of a second.
 */
@Injectable()
export class CallCounts implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('CallCounts');
  private readonly limiters = new Map<string, RateLimiterAbstract>();
  /** Calls of busy clients that other instances do not know of yet. */
  private unshared = new Map<string, number>();
  private sharing?: Subscription;

  constructor(
    @Inject(LIMITS) private readonly limits: Limits,
    @InjectDataSource() private readonly db: DataSource,
  ) {}

  onModuleInit(): void {
    this.sharing = repeat(SHARE_MS, () => this.share(), { logger: this.logger, event: 'counts.alone' });
  }

  onModuleDestroy(): void {
    this.sharing?.unsubscribe();
  }

  /**
   * Counts one call for each of these networks. Wider networks are checked first and counted last. So a refused call
   * uses up nothing of their limits, and a network at its limit does not leave a count for each of its parts.
   * @param networks the narrowest first
   * @throws Problem too_many_requests
   */
  async takeForNetworks(cost: Cost, networks: readonly CountedNetwork[]): Promise<void> {
    for (const { name, factor } of networks.slice(1)) {
      const limiter = this.limiter('network', cost, factor);
      const taken = await limiter?.get(name);
      if (limiter && taken && taken.consumedPoints >= limiter.points) throw refused(taken);
    }
    for (const { name, factor } of networks) await this.take('network', cost, name, factor);
  }

  /**
   * @param factor multiple of the limit that this name has
   * @throws Problem too_many_requests
   */
  async take(whom: Whom, cost: Cost, name: string, factor = 1): Promise<void> {
    const limiter = this.limiter(whom, cost, factor);
    if (!limiter) return;
    try {
      const { consumedPoints } = await limiter.consume(name);
      if (consumedPoints <= limiter.points * BUSY) return;
      const key = `${groupOf(whom, factor)} ${cost} ${name}`;
      this.unshared.set(key, (this.unshared.get(key) ?? 0) + 1);
    } catch (refusal) {
      throw refusal instanceof RateLimiterRes ? refused(refusal) : refusal;
    }
  }

  /** @returns undefined if there is no limit */
  private limiter(whom: Whom, cost: Cost, factor: number): RateLimiterAbstract | undefined {
    const limit = this.limits[whom][cost] ?? 0;
    if (limit === 0) return undefined;
    const key = `${groupOf(whom, factor)} ${cost}`;
    const points = Math.max(1, Math.floor(limit * factor));
    const limiter = this.limiters.get(key) ?? new RateLimiterMemory({ points, duration: WINDOW_S });
    this.limiters.set(key, limiter);
    return limiter;
  }

  private async share(): Promise<void> {
    const some = [...this.unshared].slice(0, BATCH);
    if (some.length === 0) return;
    const totals = await rows<Shared>(
      this.db,
      sql`INSERT INTO ${CALL_COUNTS} AS before (key, calls, ends_at)
       SELECT key, calls, now() + make_interval(secs => ${WINDOW_S})
       FROM unnest(${some.map(([key]) => key)}::text[], ${some.map(([, calls]) => calls)}::int[]) AS new (key, calls)
       ORDER BY key
       ON CONFLICT (key) DO UPDATE SET
         calls = CASE WHEN before.ends_at > now() THEN before.calls ELSE 0 END + excluded.calls,
         ends_at = CASE WHEN before.ends_at > now() THEN before.ends_at ELSE excluded.ends_at END
       RETURNING key, calls, extract(epoch FROM ends_at - now())::float * 1000 AS "leftMs"`,
    );
    for (const [key, calls] of some) this.forget(key, calls);
    await Promise.all(totals.map((total) => this.adopt(total)));
  }

  /** Keeps calls that came meanwhile for the next time. */
  private forget(key: string, calls: number): void {
    const rest = this.unshared.get(key)! - calls;
    if (rest > 0) this.unshared.set(key, rest);
    else this.unshared.delete(key);
  }

  private async adopt({ key, calls, leftMs }: Shared): Promise<void> {
    const [group, cost, ...name] = key.split(' ');
    const limiter = this.limiters.get(`${group} ${cost}`)!;
    const untold = Math.floor(limiter.points * BUSY) + (this.unshared.get(key) ?? 0);
    await limiter.set(name.join(' '), calls + untold, Math.max(1, leftMs / 1000));
  }
}

/** Networks with different multiples of a limit are counted separately. */
function groupOf(whom: Whom, factor: number): string {
  return factor === 1 ? whom : `${whom}*${factor}`;
}

function refused({ msBeforeNext }: RateLimiterRes): Problem {
  return new Problem('too_many_requests', { retryAfter: Math.ceil(msBeforeNext / 1000) });
}
