import type { Messages } from './messages.js';

/**
 * The time that is left, in texts that change seldom: minutes, then tens of seconds, and no seconds at the end. A clock
 * that ticks makes people hurry, and nothing is lost when it runs out.
 */
export function timeLeft(seconds: number, messages: Messages): string {
  if (seconds > 60) return messages.minutes(Math.ceil(seconds / 60));
  return seconds > 10 ? messages.seconds(Math.ceil(seconds / 10) * 10) : messages.moment;
}
