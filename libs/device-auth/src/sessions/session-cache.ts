import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { merge, type Subscription } from 'rxjs';
import type { KnownSession } from './live-session.js';

/** An ended session is refused on every instance within a second, even if the ring about it was lost. */
const FRESH_MS = 500;
const MOST = 20_000;

/**
 * Sessions that were read a moment ago, so that ten calls of a page cost one query. A ring about a session drops it; a
 * gap in the signal drops all.
 */
@Injectable()
export class SessionCache implements OnModuleDestroy {
  private readonly sessions = new LRUCache<string, KnownSession>({ max: MOST, ttl: FRESH_MS });
  private readonly signals: Subscription;
  /** Drops are numbered in order: the number of the last one of each session, and of the last one of all. */
  private readonly dropped = new LRUCache<string, number>({ max: MOST });
  private droppedAll = 0;
  private drops = 0;

  constructor(@Inject(Signal) signal: Signal) {
    this.signals = merge(signal.on('session'), signal.gaps).subscribe((id) => this.drop(id));
  }

  get(id: string): KnownSession | undefined {
    return this.sessions.get(id);
  }

  /** @returns a function that caches a session that is read after this call, unless it was dropped in the meantime */
  reader(): (session: KnownSession) => void {
    const before = this.drops;
    return (session) => {
      const last = Math.max(this.droppedAll, this.dropped.get(session.id) ?? 0);
      if (last <= before) this.sessions.set(session.id, session);
    };
  }

  onModuleDestroy(): void {
    this.signals.unsubscribe();
  }

  private drop(id: string | void): void {
    this.drops += 1;
    if (id) {
      this.sessions.delete(id);
      this.dropped.set(id, this.drops);
    } else {
      this.sessions.clear();
      this.droppedAll = this.drops;
    }
  }
}
