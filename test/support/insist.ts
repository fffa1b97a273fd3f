import { expect } from 'vitest';
import type { Answer } from './http.js';

/** Asks until the answer is another than "try again", as a caller is told to. */
export async function insist(ask: () => Promise<Answer>, timeout = 10_000): Promise<Answer> {
  let answer = await ask();
  if (answer.status === 503) await expect.poll(async () => (answer = await ask()).status, { timeout }).not.toBe(503);
  return answer;
}
