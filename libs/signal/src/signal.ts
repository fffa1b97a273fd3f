import type { Observable } from 'rxjs';

/** What can have changed. */
export type Topic = 'ticket' | 'session' | 'keys';

/**
 * "Something changed", told to every server instance, the telling one included. A hint, never the truth: it carries an
 * id and nothing else, it may come twice, and it may get lost; whoever hears it reads the row.
 */
export abstract class Signal {
  /**
   * Returns at once and never throws: the row is written already, so a lost ring costs time and nothing else. The own
   * process hears it before this returns, the others a few milliseconds later.
   */
  abstract send(topic: Topic, id: string): void;
  /** Ids of what from any instance. */
  abstract on(topic: Topic): Observable<string>;
  /** Emits when rings may have been lost, for example after the connection came back: read again what you wait for. */
  abstract readonly gaps: Observable<void>;
  /** Milliseconds that rings take to come round to their own sender, for whoever watches. */
  abstract readonly lag: Observable<number>;
  /** Emits for each text on the channel that no instance has written. */
  abstract readonly dropped: Observable<void>;
  /** Sends what is still to be sent, and lets go of its connections. */
  abstract close(): Promise<void>;
}
