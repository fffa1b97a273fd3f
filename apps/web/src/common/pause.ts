/** Waits some milliseconds. Ends early when the page is visible again, the network is back, or the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { signal: over.signal });
    addEventListener('online', done, { signal: over.signal });
    document.addEventListener('visibilitychange', () => document.hidden || done(), { signal: over.signal });
  });
}
