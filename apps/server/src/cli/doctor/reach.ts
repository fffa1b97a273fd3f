import { reasonOf } from '../../reason-of.js';

const LIMIT_MS = 5_000;

export type Reached = 'scan-login' | 'another program' | { refusedWith: string };

/** Which program responds at an address. A scan-login is recognized by its response at /livez. */
export async function reach(base: string): Promise<Reached> {
  try {
    const response = await fetch(`${base}/livez`, { redirect: 'manual', signal: AbortSignal.timeout(LIMIT_MS) });
    const body = (await response.json().catch(() => undefined)) as { status?: unknown } | undefined;
    return response.status === 200 && body?.status === 'ok' ? 'scan-login' : 'another program';
  } catch (error) {
    // undici's message is "fetch failed"; the cause has the reason
    return { refusedWith: reasonOf((error as Error).cause ?? error) };
  }
}
