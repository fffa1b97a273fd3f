import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the promises are to be kept in their full numbers, which takes minutes. */
    isLong: boolean;
  }
}

export const isLong = inject('isLong');

/** How many: a few in `npm test`, as many as the promise says in `npm run test:faults`. */
export function many(short: number, long: number): number {
  return isLong ? long : short;
}

/** For `vi.setConfig`: many rounds, on a machine that may have other things to do. */
export const PATIENT = { testTimeout: isLong ? 900_000 : 120_000, hookTimeout: 120_000 };
