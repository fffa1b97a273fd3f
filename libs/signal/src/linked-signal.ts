import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import { Outbox } from './outbox.js';
import { type Ring, Rings } from './rings.js';
import type { Signal, Topic } from './signal.js';
import type { SignedTexts } from './signed-texts.js';

/** A connection to what carries texts from each instance to all of them. */
export interface Link {
  /** Sends the texts that `textFor` makes of these rings, in the groups of `inTexts`. */
  publish(rings: readonly Ring[], textFor: (rings: Ring[]) => string): Promise<void>;
  ping(): Promise<unknown>;
  /** Resolves when the connection is known to be lost. */
  readonly lost: Promise<void>;
  /** Drops the connection without waiting for the other end. */
  cut(): void;
}

/** Opens a link that is listening already: from then on every text is heard. */
export type OpenLink = (hear: (text: string) => void) => Promise<Link>;

/**
 * A dead server may raise no error on a silent connection, so links are pinged, and cut when no response comes in time.
 */
const HEARTBEAT_MS = 1_000;
const TIMEOUT_MS = 1_500;
const BACKOFF_MS = { first: 50, most: 1_000 };
/** Dropped texts may come in a flood: each is counted, and they are logged together. */
const LOG_DROPPED_EVERY_MS = 60_000;

/** A signal over a connection that is watched, and opened again whenever it is lost. */
export class LinkedSignal implements Signal {
  readonly gaps = new Subject<void>();
  readonly lag = new Subject<number>();
  readonly dropped = new Subject<void>();
  private readonly logger = new Logger('Signal');
  private readonly rings = new Rings();
  private readonly outbox = new Outbox((rings) => this.publish(rings));
  private readonly self = randomUUID();
  private readonly closing = new AbortController();
  private readonly running: Promise<void>;
  private link?: Link;
  private ownHeardAt = -Infinity;
  private droppedSinceLog = 0;
  private droppedLoggedAt = -Infinity;

  constructor(
    private readonly kind: string,
    private readonly open: OpenLink,
    private readonly texts: SignedTexts,
  ) {
    this.running = this.keepLinked();
  }

  send(topic: Topic, id: string): void {
    this.rings.next({ topic, id });
    this.outbox.add({ topic, id });
  }

  on(topic: Topic): Observable<string> {
    return this.rings.on(topic);
  }

  async close(): Promise<void> {
    await this.outbox.flush();
    this.closing.abort();
    await this.running;
  }

  private async keepLinked(): Promise<void> {
    const { signal } = this.closing;
    for (let backoff = BACKOFF_MS.first; !signal.aborted; backoff = Math.min(2 * backoff, BACKOFF_MS.most)) {
      try {
        const link = await this.openInTime();
        backoff = BACKOFF_MS.first;
        await this.use(link);
      } catch (err) {
        this.logger.warn({ event: 'signal.lost', kind: this.kind, err });
      }
      await sleep(backoff, undefined, { signal }).catch(() => {});
    }
  }

  private async openInTime(): Promise<Link> {
    const opening = this.open((text) => this.hear(text));
    try {
      return await within(TIMEOUT_MS, opening);
    } catch (error) {
      // a link that comes too late is not left open
      opening.then((link) => link.cut()).catch(() => {});
      throw error;
    }
  }

  /** Ends with the link, by its error, or when the signal is closed. */
  private async use(link: Link): Promise<void> {
    const { signal } = this.closing;
    this.link = link;
    this.logger.log({ event: 'signal.linked', kind: this.kind });
    // earlier rings were not heard here
    this.gaps.next();
    void this.outbox.flush();
    try {
      while (!signal.aborted) {
        await within(TIMEOUT_MS, link.ping());
        await Promise.race([sleep(HEARTBEAT_MS, undefined, { signal }).catch(() => {}), link.lost]);
      }
    } finally {
      this.link = undefined;
      link.cut();
    }
  }

  private async publish(rings: readonly Ring[]): Promise<void> {
    if (!this.link) throw new Error('not linked');
    await within(
      TIMEOUT_MS,
      this.link.publish(rings, (some) =>
        this.texts.write({ sender: this.self, sentAt: performance.now(), rings: some }),
      ),
    );
  }

  private hear(text: string): void {
    const message = this.texts.read(text);
    if (!message) this.drop(text);
    // rings of this instance were heard before they were sent
    else if (message.sender === this.self) this.measure(message.sentAt);
    else for (const ring of message.rings) this.rings.next(ring);
  }

  /** A repeated text does not tell how long texts take, so it is not measured. */
  private measure(sentAt: number): void {
    if (sentAt <= this.ownHeardAt) return;
    this.ownHeardAt = sentAt;
    this.lag.next(performance.now() - sentAt);
  }

  private drop({ length }: string): void {
    this.dropped.next();
    this.droppedSinceLog += 1;
    if (performance.now() - this.droppedLoggedAt < LOG_DROPPED_EVERY_MS) return;
    this.logger.warn({ event: 'signal.dropped', kind: this.kind, texts: this.droppedSinceLog, length });
    this.droppedLoggedAt = performance.now();
    this.droppedSinceLog = 0;
  }
}

function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no response within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
