import { ScanLoginError, type Session } from '@scan-login/client';
import { pause } from './pause.js';

const EVERY_MS = 1_200;
const MOST_MS = 30_000;
/** A call keeps a session alive, so an untouched screen must stop calling: its session has to expire. */
const IDLE_AFTER_MS = 10 * 60_000;
const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** Detects within moments that the session was ended elsewhere, while the page is visible and used. */
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
