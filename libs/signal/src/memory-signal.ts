import { NEVER, type Observable } from 'rxjs';
import { Rings } from './rings.js';
import type { Signal, Topic } from './signal.js';

/** For one process: nothing to connect, nothing to lose. */
export class MemorySignal implements Signal {
  readonly gaps = NEVER;
  readonly lag = NEVER;
  readonly dropped = NEVER;
  private readonly rings = new Rings();

  send(topic: Topic, id: string): void {
    this.rings.next({ topic, id });
  }

  on(topic: Topic): Observable<string> {
    return this.rings.on(topic);
  }

  async close(): Promise<void> {}
}
