/** @param {number[]} samples */
export function median(samples) {
  return quantile(samples, 0.5);
}

/**
 * @param {number[]} samples
 * @param {number} share 0.99 for p99
 */
export function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at % 1);
}

/**
 * What is reported of several repetitions.
 * @param {number[]} samples
 */
export function summary(samples) {
  return { median: median(samples), least: Math.min(...samples), most: Math.max(...samples), samples };
}
