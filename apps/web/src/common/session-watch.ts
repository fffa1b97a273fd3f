import { CallFailed } from './http.js';
import type { PageSession } from './session.js';
import { untilVisible, wait } from './wait.js';

const EVERY_MS = 1_200;
const MOST_MS = 30_000;
/** Looking is use, and use keeps a session alive: a screen that nobody touches must be able to run out. */
const IDLE_AFTER_MS = 10 * 60_000;
const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** Notices within moments that the session was ended elsewhere, for as long as somebody looks at the page. */
export async function watchSession(session: PageSession, signal: AbortSignal): Promise<void> {
  let lastSign = performance.now();
  const sign = () => (lastSign = performance.now());
  for (const type of SIGNS_OF_LIFE) addEventListener(type, sign, { signal, passive: true });
  document.addEventListener('visibilitychange', sign, { signal });
  let pause = EVERY_MS;
  while (!signal.aborted) {
    await wait(pause * (0.9 + Math.random() / 5), signal);
    if (signal.aborted || performance.now() - lastSign > IDLE_AFTER_MS) continue;
    try {
      await untilVisible(signal);
      await session.call('/v1/account', { signal });
      pause = EVERY_MS;
    } catch (error) {
      if (signal.aborted) return;
      pause = Math.min(pause * 2, MOST_MS);
      if (!(error instanceof CallFailed)) throw error;
    }
  }
}
