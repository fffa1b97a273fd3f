/** What a run has started and must end, in reverse order, whatever happens. */
export class Belongings {
  /** @type {(() => unknown)[]} */
  #ends = [];

  /** @param {() => unknown} end */
  add(end) {
    this.#ends.push(end);
  }

  /**
   * @template {{ stop: () => Promise<void> }} Started
   * @param {Promise<Started>} starting
   */
  async keep(starting) {
    const started = await starting;
    this.add(() => started.stop());
    return started;
  }

  async end() {
    for (const end of this.#ends.splice(0).toReversed()) {
      try {
        await end();
      } catch (error) {
        process.stderr.write(`! ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  }
}
