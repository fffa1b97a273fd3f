import { type Platform, subscribe, type Subscribe } from '../platform.js';
import { throwIfAborted } from './abort.js';

/**
 * Waits some milliseconds, or until the first of the events.
 * @throws the reason of `signal`
 */
export async function wait(
  { clock }: Platform,
  ms: number,
  signal?: AbortSignal,
  ...events: Subscribe[]
): Promise<void> {
  throwIfAborted(signal);
  const ends: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    const timer = clock.setTimeout(resolve, ms);
    ends.push(() => clock.clearTimeout(timer), subscribe(signal, 'abort', resolve));
    for (const event of events) ends.push(event(resolve));
  });
  for (const end of ends) end();
  throwIfAborted(signal);
}

/**
 * Waits between two attempts. It ends early when the network is back, but not within the first half second.
 * @param end ends it at any time
 * @throws the reason of `signal`
 */
export async function pause(platform: Platform, ms: number, signal?: AbortSignal, end?: AbortSignal): Promise<void> {
  const ended: Subscribe = (listener) => subscribe(end, 'abort', listener);
  const least = Math.min(500, ms);
  if (!end?.aborted) await wait(platform, least, signal, ended);
  if (!end?.aborted) await wait(platform, ms - least, signal, ended, platform.onOnline);
}

/**
 * Waits until the page is visible.
 * @returns whether it was hidden
 * @throws the reason of `signal`
 */
export async function untilVisible({ visibility }: Platform, signal?: AbortSignal): Promise<boolean> {
  const wasHidden = visibility.isHidden();
  while (visibility.isHidden()) {
    throwIfAborted(signal);
    const ends: (() => void)[] = [];
    await new Promise<void>((resolve) => ends.push(subscribe(signal, 'abort', resolve), visibility.onChange(resolve)));
    for (const end of ends) end();
  }
  throwIfAborted(signal);
  return wasHidden;
}
