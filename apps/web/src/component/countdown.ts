import type { Messages } from './messages.js';

/**
 * The time that is left, as a text that seldom changes: minutes, then tens of seconds, and no number at the end. A
 * ticking clock makes people hurry, and nothing is lost when the time is up.
 */
export function timeLeft(seconds: number, messages: Pick<Messages, 'minutes' | 'seconds' | 'moment'>): string {
  if (seconds > 60) return messages.minutes(Math.ceil(seconds / 60));
  return seconds > 10 ? messages.seconds(Math.ceil(seconds / 10) * 10) : messages.moment;
}
