import { HEARTBEAT_MS, withHeartbeat } from '@scan-login/nest/common';
import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable, Logger, type MessageEvent, type OnModuleDestroy } from '@nestjs/common';
import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  finalize,
  from,
  interval,
  merge,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  takeUntil,
  takeWhile,
  throttle,
} from 'rxjs';
import type { LiveSession } from '../sessions/live-session.js';
import { AccountChanges, type Known } from './account-changes.js';
import { ringIdOf } from './account-rings.js';
import type { Notice } from './notices.schemas.js';

/** Tells the sessions of an account what happens to it. A listener holds no database connection. */
@Injectable()
export class AccountNotices implements OnModuleDestroy {
  private readonly logger = new Logger('AccountNotices');
  private readonly subjects = new Map<string, Subject<void>>();
  private readonly signals;
  private readonly down = new ReplaySubject<void>(1);

  constructor(
    @Inject(Signal) private readonly signal: Signal,
    private readonly changes: AccountChanges,
  ) {
    this.signals = signal.on('account').subscribe((id) => this.subjects.get(id)?.next());
  }

  /** How many accounts have listeners. */
  get size(): number {
    return this.subjects.size;
  }

  /** Everything from now on, until the session ends. What happened before is in the lists of sessions and screens. */
  async of(session: LiveSession): Promise<Observable<MessageEvent>> {
    const { known } = await this.changes.read(session);
    return withHeartbeat(this.from(session, known)).pipe(takeUntil(this.down));
  }

  onModuleDestroy(): void {
    this.signals.unsubscribe();
    this.down.next();
  }

  private from(session: LiveSession, first: Known): Observable<MessageEvent> {
    let known = first;
    const read = async () => {
      const changed = await this.changes.read(session, known);
      ({ known } = changed);
      return changed;
    };
    return defer(() => {
      const done = new Subject<void>();
      // in case a ring got lost, or the session has ended by itself
      const beats = interval(HEARTBEAT_MS);
      // subscribes before it reads, so that nothing in between is missed
      const hints = merge(this.ringsOf(session.accountId), this.signal.gaps, beats, of(undefined));
      return hints.pipe(
        // one reading at a time, and one more if there were rings meanwhile
        throttle(() => done, { leading: true, trailing: true }),
        concatMap(() =>
          from(read()).pipe(
            catchError((cause: unknown) => this.failed(cause)),
            finalize(() => done.next()),
          ),
        ),
        // the last reading is not told: another session may have started that replaced this one
        takeWhile(({ isOver }) => !isOver),
        concatMap(({ notices }) => notices.map(eventOf)),
      );
    });
  }

  /** The next hint leads to another reading. */
  private failed(err: unknown): Observable<never> {
    this.logger.warn({ event: 'notices.read_failed', err });
    return EMPTY;
  }

  private ringsOf(accountId: string): Observable<void> {
    const id = ringIdOf(accountId);
    return defer(() => {
      const subject = this.subjects.get(id) ?? new Subject<void>();
      this.subjects.set(id, subject);
      return subject.pipe(
        finalize(() => {
          if (!subject.observed) this.subjects.delete(id);
        }),
      );
    });
  }
}

function eventOf({ type, data }: Notice): MessageEvent {
  return { type, data };
}
