/**
 * The time where SQL cannot decide it: claims of tokens, ages of keys.
 * Whatever lives in a row expires by the database's `now()` instead.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
