import { subscribe } from '../platform.js';

/** `reason` is missing in React Native. */
export function abortError({ reason }: AbortSignal): unknown {
  return (reason as unknown) ?? Object.assign(new Error('Aborted'), { name: 'AbortError' });
}

/** @throws the reason of `signal` */
export function throwIfAborted(signal?: AbortSignal): void {
  if (signal?.aborted) throw abortError(signal);
}

/** A new signal that `parent` aborts, too. Older platforms have no `AbortSignal.any`. */
export function linked(parent?: AbortSignal): { signal: AbortSignal; abort: () => void; unlink: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const follow = () => controller.abort(parent?.reason);
  const unlink = subscribe(parent, 'abort', follow);
  if (parent?.aborted) follow();
  return { signal: controller.signal, abort, unlink };
}
