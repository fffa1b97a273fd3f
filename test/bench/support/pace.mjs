import { quantile } from './statistics.mjs';

/**
 * Does a thing over and over, each worker one after the other, for a while.
 * @template Worker
 * @param {Worker[]} workers
 * @param {number} seconds
 * @param {(worker: Worker) => Promise<unknown>} once
 */
export async function keepDoing(workers, seconds, once) {
  const began = performance.now();
  const until = began + seconds * 1000;
  const took = [];
  const cpu = process.cpuUsage();
  await Promise.all(
    workers.map(async (worker) => {
      while (performance.now() < until) {
        const start = performance.now();
        await once(worker);
        took.push(performance.now() - start);
      }
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const elapsed = performance.now() - began;
  return {
    count: took.length,
    perSecond: (took.length / elapsed) * 1000,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    /** Share of one core that this process took. */
    cpu: (user + system) / 1000 / elapsed,
  };
}
