const FIRST_MS = 1_000;
const MOST_MS = 30_000;

/**
 * How long to wait before trying again: twice as long each time, up to half a minute, and never all screens at once.
 * Whatever the server answers, calls that bring nothing are spaced by this.
 */
export class Pace {
  private inVain = 0;

  /** @param asked seconds that the server asked to wait; believed up to five minutes @returns milliseconds */
  next(asked = 0): number {
    const most = Math.min(MOST_MS, FIRST_MS * 2 ** this.inVain);
    this.inVain += 1;
    return Math.max(Math.min(asked, 300) * 1000, most * (0.5 + Math.random() / 2));
  }

  /** Something came of a call. */
  reset(): void {
    this.inVain = 0;
  }
}
