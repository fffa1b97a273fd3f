import { NEVER, type Observable } from 'rxjs';
import { Rings } from './rings.js';
import type { Signal, Topic } from './signal.js';

/** For a single process: there is no connection that could be lost. */
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
