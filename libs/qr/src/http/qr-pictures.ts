import { setImmediate as nextTurn } from 'node:timers/promises';
import { Problem } from '@scan-login/nest/common';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { pngOf, svgOf } from './qr-picture.js';

/** Size of the cache: some two or three thousand tickets. */
const MOST_BYTES = 8 * 1024 * 1024;
/** A picture takes half a millisecond. With this many waiting, further calls are refused at once. */
const MOST_WAITING = 200;

type PictureKind = 'svg' | 'png';

/**
 * Pictures of QR codes, each drawn once. The cache may outlive a ticket, so the caller checks each time whether there
 * is one.
 */
@Injectable()
export class QrPictures {
  /** One picture in each turn of the event loop, so that many of them do not block other work. */
  private readonly turns = pLimit(1);
  /** Calls for a picture that is being drawn wait for it. */
  private readonly drawn = new LRUCache<string, Buffer>({
    maxSize: MOST_BYTES,
    sizeCalculation: ({ length }) => length,
    fetchMethod: (key) => this.inTurn(key),
  });

  /** @throws Problem busy */
  async of(text: string, kind: PictureKind): Promise<Buffer> {
    return (await this.drawn.fetch(`${kind} ${text}`))!;
  }

  private async inTurn(key: string): Promise<Buffer> {
    if (this.turns.pendingCount >= MOST_WAITING) throw new Problem('busy', { retryAfter: 1 });
    return this.turns(async () => {
      await nextTurn();
      // the link is the application's own, and may have spaces in it
      const [, kind, text] = /^(\w+) (.*)$/s.exec(key) as unknown as [string, PictureKind, string];
      return kind === 'png' ? pngOf(text) : Buffer.from(await svgOf(text));
    });
  }
}
