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

/** Many rings as one text, and back from its words: `ticket:uuid ticket:uuid session:uuid`. Ids hold no blanks. */
export function textOf(rings: readonly Ring[]): string {
  return rings.map(({ topic, id }) => `${topic}:${id}`).join(' ');
}

export function ringsOf(parts: readonly string[]): Ring[] {
  return parts.map((part) => {
    const at = part.indexOf(':');
    return { topic: part.slice(0, at) as Topic, id: part.slice(at + 1) };
  });
}
