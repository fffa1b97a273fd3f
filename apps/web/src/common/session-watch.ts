import { ScanLoginError, type Session } from '@scan-login/client';

const EVERY_MS = 1_200;
const MOST_MS = 30_000;
/** A call is use, and use keeps a session alive: a screen that is not touched must be able to run out. */
const IDLE_AFTER_MS = 10 * 60_000;
const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** Notices within moments that the session was ended elsewhere, for as long as the page is seen and used. */
export async function watchSession(session: Session, signal: AbortSignal): Promise<void> {
  let lastSign = performance.now();
  const sign = () => (lastSign = performance.now());
  for (const type of SIGNS_OF_LIFE) addEventListener(type, sign, { signal, passive: true });
  document.addEventListener('visibilitychange', sign, { signal });
  let ms = EVERY_MS;
  while (!signal.aborted) {
    await pause(ms * (0.9 + Math.random() / 5), signal);
    if (signal.aborted || document.hidden || performance.now() - lastSign > IDLE_AFTER_MS) continue;
    try {
      await session.call('/v1/account', { signal });
      ms = EVERY_MS;
    } catch (error) {
      if (signal.aborted) return;
      ms = Math.min(ms * 2, MOST_MS);
      if (!(error instanceof ScanLoginError)) throw error;
    }
  }
}

/** Ends early when the page is seen again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { signal: over.signal });
    document.addEventListener('visibilitychange', () => document.hidden || done(), { signal: over.signal });
  });
}
