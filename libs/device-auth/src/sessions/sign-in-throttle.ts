import { AuditLog, Problem, type Queryable, sql, type Sweep, transaction } from '@scan-login/nest/common';
import { Inject, Injectable, Logger, UnauthorizedException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccountStore } from '../accounts/account-store.js';
import { DEVICE_AUTH_OPTIONS, type DeviceAuthOptions } from '../device-auth.options.js';
import { networksOf } from '../devices/network.js';
import { KNOWN_DEVICES } from './known-device.entity.js';
import { FORGET_DEVICE, isKnown, remember } from './known-devices.js';
import {
  type Counter,
  endRun,
  FORGET_RUN,
  giveBack,
  keys,
  LONGEST_WAIT_S,
  reserve,
  type Reserved,
  waitOf,
} from './sign-in-counters.js';
import { SIGN_IN_FAILURES } from './sign-in-failure.entity.js';

export const SIGN_IN_SWEEPS: Sweep[] = [
  {
    table: SIGN_IN_FAILURES,
    key: sql`key`,
    past: sql`at < now() - ${FORGET_RUN} OR in_a_row = 0 AND at < now() - interval '1 day'`,
    every: 300,
  },
  { table: KNOWN_DEVICES, key: sql`key`, past: sql`known_at < now() - ${FORGET_DEVICE}`, every: 3600 },
];

/** A try at a password: by a device that signs in, or by a session that changes the password of its account. */
export type Attempt = { username: string; ip: string } & ({ deviceId: string } | { sessionId: string });
/** A try with a key, which no user name goes with. */
type KeyAttempt = Pick<Attempt, 'ip'>;

/**
 * Slows guessing down without locking people out. Beyond some failures each further one doubles the wait; failures are
 * forgotten one by one as time passes. After a hundred in a row no further try is admitted, until the right password
 * ends the run or 30 days have passed.
 *
 * | try | counted by |
 * |---|---|
 * | sign-in | user name, address |
 * | sign-in on a device on which the user name has signed in before | user name and device, address |
 * | password change | session, user name (changes alone), address |
 * | sign-in with a passkey, which cannot be guessed | address |
 *
 * So an attacker elsewhere does not keep people from signing in on their own devices, and a hijacked session that
 * guesses the current password does not keep its owner from signing in. It does delay the owner's own password change,
 * because changes are counted for all sessions together: one phone can start many of them. The owner then ends that
 * session, and signs in again if the wait is longer than 15 minutes. The right password ends both runs of its user
 * name, that of sign-ins and that of changes.
 *
 * Unknown names are counted like known ones.
 * @see NIST SP 800-63B-4 §3.2.2
 */
@Injectable()
export class SignInThrottle {
  private readonly logger = new Logger('SignInThrottle');

  constructor(
    @Inject(DEVICE_AUTH_OPTIONS) private readonly options: DeviceAuthOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly audit: AuditLog,
    @Inject(AccountStore) private readonly accounts: AccountStore,
  ) {}

  /**
   * One try at a password. It is counted as a failure before `verify` is called, so that of many tries at once no more
   * are evaluated than are allowed. It is given back if the password is right or was not evaluated. A process that dies
   * in between leaves a failure behind, which is forgotten like any other.
   * @param verify returns what the password unlocks, or nothing when it is wrong; an error means that the password was
   *   right or not evaluated, unless it is the problem `invalid_credentials` or Nest's UnauthorizedException
   * @throws Problem invalid_credentials | too_many_attempts | busy
   */
  async attempt<Unlocked>(attempt: Attempt, verify: () => Promise<Unlocked | undefined>): Promise<Unlocked> {
    const evaluated = () => this.evaluated(attempt, verify);
    return this.accounts.admit ? this.accounts.admit(evaluated) : evaluated();
  }

  /**
   * The same for a try with a passkey. It succeeds or fails on its own: failures do not keep anyone from signing in with
   * a password, and a success ends no run of wrong passwords.
   * @throws Problem invalid_credentials | too_many_attempts
   */
  attemptByKey<Unlocked>(attempt: KeyAttempt, verify: () => Promise<Unlocked | undefined>): Promise<Unlocked> {
    return this.evaluated(attempt, verify);
  }

  private async evaluated<Unlocked>(
    attempt: Attempt | KeyAttempt,
    verify: () => Promise<Unlocked | undefined>,
  ): Promise<Unlocked> {
    const reserved = await this.reserveAll(attempt, await this.countersOf(attempt));
    const unlocked = await this.evaluate(verify, reserved);
    if (unlocked === undefined) throw this.refusal(attempt, new Problem('invalid_credentials'));
    if ('username' in attempt) await this.succeeded(attempt, reserved);
    else await this.giveBackAll(reserved);
    return unlocked;
  }

  private async countersOf(attempt: Attempt | KeyAttempt): Promise<Counter[]> {
    const { failuresPerAccount, failuresPerAddress, failuresInARow } = this.options;
    const [allowed, inARow] = [failuresPerAccount || null, failuresInARow || null];
    const personKeys = 'username' in attempt ? await this.personKeysOf(attempt) : [];
    const counters = personKeys.map((key): Counter => ({ key, allowed, inARow }));
    // wider IPv6 networks have multiples, as for calls; clients of unknown address share one whole limit
    for (const network of networksOf(attempt.ip, this.options)) {
      const perNetwork = failuresPerAddress * Math.max(1, network.factor);
      counters.push({ key: keys.network(network), allowed: perNetwork || null, inARow: null });
    }
    // every transaction locks them in this order, so that no two deadlock
    return counters
      .filter((counter) => counter.allowed !== null || counter.inARow !== null)
      .toSorted((a, b) => a.key.compare(b.key));
  }

  private async personKeysOf(attempt: Attempt): Promise<Buffer[]> {
    const { username } = attempt;
    if ('sessionId' in attempt) return [keys.session(attempt.sessionId), keys.passwordChange(username)];
    const device = keys.device(username, attempt.deviceId);
    return [(await isKnown(this.db, device)) ? device : keys.signIn(username)];
  }

  /** Reserves all or none. A refused try only reads, unless another one comes at the same moment. */
  private async reserveAll(attempt: KeyAttempt, counters: Counter[]): Promise<Reserved[]> {
    const wait = await waitOf(this.db, counters);
    if (wait > 0) throw this.refusal(attempt, tooMany(wait));
    return transaction(this.db, async (tx) => {
      const reserved = await Promise.all(counters.map((counter) => reserve(tx, counter)));
      const full = counters.filter((_, nth) => !reserved[nth]);
      if (full.length > 0) throw this.refusal(attempt, tooMany(await waitOf(tx, full)));
      return reserved.filter((each) => each !== undefined);
    });
  }

  private async evaluate<Unlocked>(
    verify: () => Promise<Unlocked | undefined>,
    reserved: Reserved[],
  ): Promise<Unlocked | undefined> {
    try {
      // a store without strict types may well return the null of its repository
      return (await verify()) ?? undefined;
    } catch (error) {
      if (isRefusal(error)) return undefined;
      await this.giveBackAll(reserved);
      throw error;
    }
  }

  /** Does not throw: the error that is the reason for it must not be hidden. */
  private async giveBackAll(reserved: Reserved[]): Promise<void> {
    try {
      await transaction(this.db, async (tx) => {
        await tx.last(() => Promise.all(reserved.map((each) => giveBack(tx, each))));
      });
    } catch (err) {
      this.logger.warn({ event: 'sign_in.not_given_back', err });
    }
  }

  private async succeeded(attempt: Attempt, reserved: Reserved[]): Promise<void> {
    const { username } = attempt;
    const isSignIn = 'deviceId' in attempt;
    const own = isSignIn ? keys.device(username, attempt.deviceId) : keys.session(attempt.sessionId);
    const ended = [own, keys.signIn(username), keys.passwordChange(username)];
    const steps = [
      ...reserved.map((each) => ({ key: each.key, run: (tx: Queryable) => giveBack(tx, each) })),
      ...ended.map((key) => ({ key, run: (tx: Queryable) => endRun(tx, key) })),
    ].toSorted((a, b) => a.key.compare(b.key));
    await transaction(this.db, async (tx) => {
      await tx.last(() => Promise.all([...steps.map(({ run }) => run(tx)), isSignIn && remember(tx, own)]));
    });
  }

  private refusal({ ip }: KeyAttempt, problem: Problem): Problem {
    this.audit.note({ event: 'sign_in.refused', ip, detail: { reason: problem.code } });
    return problem;
  }
}

/** A wrong password: our own problem, or as Nest's strategies and many stores say it. */
function isRefusal(error: unknown): boolean {
  return error instanceof Problem ? error.code === 'invalid_credentials' : error instanceof UnauthorizedException;
}

function tooMany(wait: number): Problem {
  const detail = wait > LONGEST_WAIT_S ? OVER_FOR_NOW : undefined;
  return new Problem('too_many_attempts', { retryAfter: Math.max(1, wait), detail });
}

const OVER_FOR_NOW =
  'Too many failed in a row: use a device that has signed in before, or change the password on one that is signed in';
