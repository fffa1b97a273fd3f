import { filter, map, NEVER, type Observable, Subject } from 'rxjs';
import type { Signal, Topic } from './signal.js';

/** For one process: nothing to connect, nothing to lose. */
export class MemorySignal implements Signal {
  readonly gaps = NEVER;
  private readonly sent = new Subject<{ topic: Topic; id: string }>();

  send(topic: Topic, id: string): void {
    this.sent.next({ topic, id });
  }

  on(topic: Topic): Observable<string> {
    return this.sent.pipe(
      filter((ring) => ring.topic === topic),
      map((ring) => ring.id),
    );
  }
}
