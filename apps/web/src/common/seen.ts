/** Resolves once the page is visible: not in a background tab, and not one that the browser loads ahead of a click. */
export async function untilSeen(): Promise<void> {
  while (isUnseen()) {
    const over = new AbortController();
    await new Promise<void>((resolve) => {
      for (const type of ['visibilitychange', 'prerenderingchange'])
        document.addEventListener(type, () => resolve(), { signal: over.signal });
    });
    over.abort();
  }
}

function isUnseen(): boolean {
  return document.hidden || (document as { prerendering?: boolean }).prerendering === true;
}
