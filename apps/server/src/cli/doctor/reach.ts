import { reasonOf } from '../explain.js';

const LIMIT_MS = 5_000;

export type Reached = 'scan-login' | 'another program' | { refusedWith: string };

/** Who answers at an address. A scan-login does at /livez, and is asked nothing more. */
export async function reach(base: string): Promise<Reached> {
  try {
    const response = await fetch(`${base}/livez`, { redirect: 'manual', signal: AbortSignal.timeout(LIMIT_MS) });
    const body = (await response.json().catch(() => undefined)) as { status?: unknown } | undefined;
    return response.status === 200 && body?.status === 'ok' ? 'scan-login' : 'another program';
  } catch (error) {
    // undici says "fetch failed", and why in the cause
    return { refusedWith: reasonOf((error as Error).cause ?? error) };
  }
}
