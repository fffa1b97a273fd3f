import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether to run every promise in its full number of rounds, which takes minutes. */
    isLong: boolean;
  }
}

export const isLong = inject('isLong');

/** Number of rounds: a few in `npm test`, as many as the promise says in `npm run test:faults`. */
export function many(short: number, long: number): number {
  return isLong ? long : short;
}

/** For `vi.setConfig`: many rounds, on a machine that may be busy. */
export const LONG_TIMEOUTS = { testTimeout: isLong ? 900_000 : 120_000, hookTimeout: 120_000 };
