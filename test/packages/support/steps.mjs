let passed = 0;
let failed = 0;

/**
 * One claim, told with its time.
 * @template T @param {string} name @param {() => Promise<T>} action @returns {Promise<T>}
 */
export async function step(name, action) {
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    const result = await action();
    passed += 1;
    console.log(`ok      ${name} (${seconds()})`);
    return result;
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name} (${seconds()})`);
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** How many claims have held, and how many have not. */
export const counts = () => ({ passed, failed });
