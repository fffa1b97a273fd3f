import { filter, map, type Observable, Subject } from 'rxjs';
import type { Topic } from './signal.js';

/** Something has changed: what it is, and its id. */
export interface Ring {
  topic: Topic;
  id: string;
}

/** All rings that this process hears, its own and those of other instances. */
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
