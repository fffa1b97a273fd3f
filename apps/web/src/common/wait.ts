/**
 * Resolves after some milliseconds, or at once when `signal` says so: whoever waits looks at it afterwards.
 * @param event of the window, that ends it early too
 */
export function wait(ms: number, signal: AbortSignal, event?: string): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { signal: over.signal });
    if (event) addEventListener(event, done, { signal: over.signal });
    if (signal.aborted) done();
  });
}

/**
 * Resolves once the tab can be seen.
 * @returns whether it was hidden
 * @throws what `signal` says
 */
export async function untilVisible(signal: AbortSignal): Promise<boolean> {
  const wasHidden = document.hidden;
  while (document.hidden) {
    signal.throwIfAborted();
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
      document.addEventListener('visibilitychange', resolve, { once: true });
    });
  }
  signal.throwIfAborted();
  return wasHidden;
}
