import type { Words } from './words.js';

/**
 * The time that is left, in words that change seldom: minutes, then tens of seconds, and no seconds at the end. A clock
 * that ticks makes people hurry, and nothing is lost when it runs out.
 */
export function leftInWords(seconds: number, words: Words): string {
  if (seconds > 60) return words.minutes(Math.ceil(seconds / 60));
  return seconds > 10 ? words.seconds(Math.ceil(seconds / 10) * 10) : words.moment;
}
