import { availableParallelism } from 'node:os';
import { newSecret, Problem } from '@scan-login/nest/common';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';

/** argon2id, 19 MiB, two passes. @see OWASP Password Storage Cheat Sheet; NIST SP 800-63B-4 §3.1.1.2 */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Some hundred milliseconds of waiting. Further calls are refused at once, so that nothing else slows down. */
const WAITING_PER_CORE = 16;

/** Hashing takes a core for some 20 ms, so only as many run at a time as there are cores. */
@Injectable()
export class PasswordHasher {
  private readonly cores = availableParallelism();
  private readonly turns = pLimit(this.cores);
  private readonly unknownUserHash = hash(newSecret(), COST);
  private admitted = 0;

  /**
   * Runs a task that will verify a password, unless too many are running. Refused before any query, such a call costs
   * next to nothing.
   * @throws Problem busy
   */
  async admit<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.admitted >= this.cores * (WAITING_PER_CORE + 1)) throw new Problem('busy', { retryAfter: 1 });
    this.admitted += 1;
    try {
      return await task();
    } finally {
      this.admitted -= 1;
    }
  }

  /** @throws Problem busy */
  async hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, COST));
  }

  /**
   * @param stored nothing for an unknown user; then the result is false after the same time
   * @throws Problem busy
   */
  async verify(stored: string | undefined, password: string): Promise<boolean> {
    const against = stored ?? (await this.unknownUserHash);
    return (await this.inTurn(() => verify(against, password))) && stored !== undefined;
  }

  private async inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.turns.pendingCount >= this.cores * WAITING_PER_CORE) throw new Problem('busy', { retryAfter: 1 });
    return this.turns(task);
  }
}
