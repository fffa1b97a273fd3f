import { setImmediate as nextTurn } from 'node:timers/promises';
import { Problem } from '@scan-login/nest/common';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { pngOf, svgOf } from './qr-picture.js';

/** Of all pictures that are kept, in bytes: some two or three thousand tickets. */
const MOST_BYTES = 8 * 1024 * 1024;
/** A picture takes half a millisecond: who comes after so many is told so at once. */
const MOST_WAITING = 200;

type PictureKind = 'svg' | 'png';

/**
 * Pictures of QR codes, each drawn once. Says nothing of whether there is a ticket: that is for the caller to ask, each
 * time, since a picture outlives it here.
 */
@Injectable()
export class QrPictures {
  /** One for each turn of the event loop, so that a crowd of them holds up nothing else for longer than one. */
  private readonly turns = pLimit(1);
  /** What is asked for while it is being drawn waits for that one. */
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
      const [kind, text] = key.split(' ') as [PictureKind, string];
      return kind === 'png' ? pngOf(text) : Buffer.from(await svgOf(text));
    });
  }
}
