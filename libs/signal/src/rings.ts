import { filter, map, type Observable, Subject } from 'rxjs';
import type { Topic } from './signal.js';

/** One "something changed". */
export interface Ring {
  topic: Topic;
  id: string;
}

/** What this process has heard, from itself or from others. */
export class Rings {
  private readonly heard = new Subject<Ring>();

  next(ring: Ring): void {
    this.heard.next(ring);
  }

  on(topic: Topic): Observable<string> {
    return this.heard.pipe(
      filter((ring) => ring.topic === topic),
      map((ring) => ring.id),
    );
  }
}
