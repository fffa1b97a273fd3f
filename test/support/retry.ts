import { expect } from 'vitest';
import type { Answer } from './http.js';

/** Repeats a call while its response is 503, as the response asks. */
export async function retry<Body>(ask: () => Promise<Answer<Body>>, timeout = 10_000): Promise<Answer<Body>> {
  let answer = await ask();
  if (answer.status === 503) await expect.poll(async () => (answer = await ask()).status, { timeout }).not.toBe(503);
  return answer;
}
