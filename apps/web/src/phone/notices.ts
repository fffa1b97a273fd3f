import { ScanLoginError, type Session } from '@scan-login/client';
import { pause } from '../common/pause.js';
import { untilSeen } from '../common/seen.js';

const FIRST_MS = 1_000;
const MOST_MS = 30_000;
/** The server sends something every 15 seconds: a stream that is silent for longer than this is dead. */
const SILENT_MS = 40_000;

type Reader = NonNullable<Awaited<ReturnType<Session['stream']>>>;

/**
 * Calls `changed` when something about the account may have changed: at each notice, and at each connection, because
 * notices are not repeated. There is no connection while the page is hidden.
 */
export async function followNotices(session: Session, changed: () => unknown, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    await untilSeen();
    try {
      const reader = await session.stream('/v1/account/notices', { signal });
      failures = 0;
      changed();
      if (reader) await listen(reader, changed, signal);
    } catch (error) {
      // the page is left, or the session is over, which the page shows
      if (signal.aborted || !session.current) return;
      if (!(error instanceof ScanLoginError)) throw error;
      failures += 1;
      changed();
    }
    await pause(Math.min(MOST_MS, FIRST_MS * 2 ** failures) * (0.5 + Math.random() / 2), signal);
  }
}

/** Until the stream ends, the page is hidden, or the signal is aborted. */
async function listen(reader: Reader, changed: () => unknown, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const close = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', close, { signal: over.signal });
  addEventListener('offline', close, { signal: over.signal });
  document.addEventListener('visibilitychange', () => document.hidden && close(), { signal: over.signal });
  const decoder = new TextDecoder();
  let text = '';
  let silence: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      silence = setTimeout(close, SILENT_MS);
      const { done, value } = await reader.read();
      clearTimeout(silence);
      if (done) return;
      const events = (text + decoder.decode(value, { stream: true })).split('\n\n');
      text = events.pop()!;
      // the lists say what has changed; a comment says that nothing has
      if (events.some((event) => /^data:/m.test(event))) changed();
    }
  } catch {
    // the connection broke: there will be another
  } finally {
    clearTimeout(silence);
    over.abort();
  }
}
