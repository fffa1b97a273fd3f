/**
 * Shares items out among so many workers; each takes its own in turns.
 * @template Item
 */
export class Turns {
  #at = -1;

  /** @param {Item[]} items */
  constructor(items) {
    this.items = items;
  }

  /** @returns {Item} */
  next() {
    this.#at = (this.#at + 1) % this.items.length;
    return this.items[this.#at];
  }

  /**
   * @template Item
   * @param {Item[]} items
   * @param {number} workers
   * @returns {Turns<Item>[]}
   */
  static among(items, workers) {
    const shares = Array.from({ length: workers }, () => []);
    for (const [at, item] of items.entries()) shares[at % workers].push(item);
    return shares.map((share) => new Turns(share));
  }
}
