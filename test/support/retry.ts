import { expect } from 'vitest';
import type { HttpResponse } from './http.js';

/** Repeats a call while its response is 503, as the response asks. */
export async function retry<Body>(
  ask: () => Promise<HttpResponse<Body>>,
  timeout = 10_000,
): Promise<HttpResponse<Body>> {
  let response = await ask();
  if (response.status === 503)
    await expect.poll(async () => (response = await ask()).status, { timeout }).not.toBe(503);
  return response;
}
