import type { Observable } from 'rxjs';

/** What can have changed. */
export type Topic = 'ticket' | 'session' | 'account' | 'keys';

/**
 * Tells every server instance, the sender included, that something changed. It is a hint: it carries an id and nothing
 * else, it may come twice, and it may get lost. The row is the truth.
 */
export abstract class Signal {
  /**
   * Returns at once and never throws: the row is written already, so a lost ring only costs time. This process hears the
   * ring before `send` returns, the others a few milliseconds later.
   */
  abstract send(topic: Topic, id: string): void;
  /** Ids of what has changed, from all instances. */
  abstract on(topic: Topic): Observable<string>;
  /** Emits when rings may have been lost, for example after a reconnect: read again what you wait for. */
  abstract readonly gaps: Observable<void>;
  /** Milliseconds that rings take to come back to their sender, for metrics. */
  abstract readonly lag: Observable<number>;
  /** Emits for each text on the channel that was not written by an instance. */
  abstract readonly dropped: Observable<void>;
  /** Sends what is still to be sent, then closes the connections. */
  abstract close(): Promise<void>;
}
