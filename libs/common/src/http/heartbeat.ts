import type { MessageEvent } from '@nestjs/common';
import { defer, interval, map, merge, type Observable, ReplaySubject, takeUntil, tap } from 'rxjs';

/** Proxies cut a connection that is silent for about a minute, some of them earlier. */
export const HEARTBEAT_MS = 15_000;

/** Adds comments between server-sent events until they end. */
export function withHeartbeat(events: Observable<MessageEvent>): Observable<MessageEvent> {
  return defer(() => {
    const ended = new ReplaySubject<void>(1);
    const beats = interval(HEARTBEAT_MS).pipe(
      map((): MessageEvent => ({ comment: 'still here' })),
      takeUntil(ended),
    );
    return merge(events.pipe(tap({ finalize: () => ended.next() })), beats);
  });
}
