import { createHash } from 'node:crypto';
import { AuditLog, Problem, rows, startSweeping } from '#libs/common';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';
import { networkOf } from '../devices/network.js';
import { DEVICE_AUTH_OPTIONS, type DeviceAuthOptions } from '../device-auth.options.js';

/** Failures longer ago than this count no more, and a device is known for as long after its last sign-in. */
const FORGET_FAILURES = '15 minutes';
const FORGET_DEVICE = '90 days';
/** The delay doubles with each failure past the allowed ones, from a second up to this. */
const LONGEST_DELAY_S = 900;

export interface Attempt {
  username: string;
  deviceId: string;
  ip: string;
}

/**
 * Slows guessing down without locking people out: past some failures each further one doubles the wait, for the account
 * and for the address. A device that has signed in to the account before is counted by itself, so it gets in while an
 * attacker waits. Unknown names are counted like known ones.
 * @see NIST SP 800-63B-4 §3.2.2
 */
@Injectable()
export class SignInThrottle implements OnModuleInit, OnModuleDestroy {
  private sweeping?: Subscription;

  constructor(
    @Inject(DEVICE_AUTH_OPTIONS) private readonly options: DeviceAuthOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly audit: AuditLog,
  ) {}

  onModuleInit(): void {
    this.sweeping = startSweeping(this.db, {
      table: 'sign_in_failures',
      key: 'key',
      past: `at < now() - interval '${FORGET_DEVICE}' OR failures > 0 AND at < now() - interval '1 day'`,
      every: 300,
    });
  }

  onModuleDestroy(): void {
    this.sweeping?.unsubscribe();
  }

  /**
   * One try at a password.
   * @param verify says what it unlocks, or nothing when it is wrong
   * @throws Problem invalid_credentials | too_many_attempts
   */
  async attempt<Unlocked>(attempt: Attempt, verify: () => Promise<Unlocked | undefined>): Promise<Unlocked> {
    await this.check(attempt);
    const unlocked = await verify();
    if (unlocked !== undefined) {
      await this.succeeded(attempt);
      return unlocked;
    }
    this.audit.note({ event: 'sign_in.refused', ip: attempt.ip, detail: { reason: 'invalid_credentials' } });
    await this.failed(attempt);
    throw new Problem('invalid_credentials');
  }

  private async check(attempt: Attempt): Promise<void> {
    const keys = keysOf(attempt);
    const [found] = await rows<{ wait: number | null }>(
      this.db,
      `WITH known AS (SELECT FROM sign_in_failures WHERE key = $1 AND at > now() - interval '${FORGET_DEVICE}')
       SELECT max(ceil(extract(epoch FROM blocked_until - now())))::int AS wait FROM sign_in_failures
       WHERE blocked_until > now() AND key = ANY(CASE WHEN EXISTS (TABLE known) THEN ARRAY[$1] ELSE $2::bytea[] END)`,
      [keys.device, [keys.account, keys.address]],
    );
    if (!found?.wait) return;
    this.audit.note({ event: 'sign_in.refused', ip: attempt.ip, detail: { reason: 'too_many_attempts' } });
    throw new Problem('too_many_attempts', { retryAfter: found.wait });
  }

  private async failed(attempt: Attempt): Promise<void> {
    const { failuresPerAccount, failuresPerAddress } = this.options;
    const keys = keysOf(attempt);
    const counted = [
      // only a device that is known has a row of its own
      { key: keys.device, allowed: failuresPerAccount, isNew: false },
      { key: keys.account, allowed: failuresPerAccount, isNew: true },
      { key: keys.address, allowed: networkOf(attempt.ip) ? failuresPerAddress : 0, isNew: true },
    ].filter(({ allowed }) => allowed > 0);
    for (const { key, allowed, isNew } of counted) {
      await this.db.query(
        `INSERT INTO sign_in_failures AS row (key, failures)
         SELECT $1, 1 WHERE $3 OR EXISTS (SELECT FROM sign_in_failures WHERE key = $1)
         ON CONFLICT (key) DO UPDATE SET
           failures = CASE WHEN row.at > now() - interval '${FORGET_FAILURES}' THEN row.failures ELSE 0 END + 1,
           at = now(),
           blocked_until = CASE WHEN row.at > now() - interval '${FORGET_FAILURES}' AND row.failures + 1 >= $2
             THEN now() + make_interval(secs => LEAST(power(2, LEAST(row.failures + 1 - $2, 20)), ${LONGEST_DELAY_S})) END`,
        [key, allowed, isNew],
      );
    }
  }

  /** The device is known from now on, and the account's failures were somebody's slips. */
  private async succeeded(attempt: Attempt): Promise<void> {
    const keys = keysOf(attempt);
    await this.db.query(
      `WITH forgotten AS (DELETE FROM sign_in_failures WHERE key = $2)
       INSERT INTO sign_in_failures (key) VALUES ($1)
       ON CONFLICT (key) DO UPDATE SET failures = 0, at = now(), blocked_until = NULL`,
      [keys.device, keys.account],
    );
  }
}

function keysOf({ username, deviceId, ip }: Attempt) {
  const name = username.normalize('NFKC').toLowerCase();
  return {
    account: keyFor('account', name),
    device: keyFor('device', name, deviceId),
    address: keyFor('address', networkOf(ip) ?? ''),
  };
}

function keyFor(...parts: string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
