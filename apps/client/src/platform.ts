/** A request, as `fetch` of browsers, Node, Bun and React Native takes it. */
export interface FetchRequest {
  method: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  cache: 'no-store';
  redirect: 'manual';
  referrerPolicy: 'no-referrer';
  keepalive?: boolean;
}

/** The part of a response that is used. Without `body`, as in React Native, there are no server-sent events. */
export interface FetchResponse {
  ok: boolean;
  status: number;
  headers: { get(name: string): string | null };
  text(): Promise<string>;
  body?: { getReader(): ByteReader } | null;
}

export interface ByteReader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel(): Promise<void>;
}

export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>;

export interface Clock {
  /** Monotonic milliseconds, independent of the time of day. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Calls the listener at each event. @returns a function that unsubscribes it */
export type Subscribe = (listener: () => void) => () => void;

export interface Visibility {
  /** Whether the page, or the app, is hidden. */
  isHidden(): boolean;
  /** It was hidden, or is visible again. */
  onChange: Subscribe;
}

/** What differs between platforms. Each part can be passed in. */
export interface Platform {
  fetch: Fetch;
  clock: Clock;
  visibility: Visibility;
  /** The network is back: a pause between two attempts ends early. */
  onOnline: Subscribe;
  /** The network is gone: a call that is held by the server ends early. */
  onOffline: Subscribe;
}

interface Target {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** Parts of `globalThis`, each of which may be missing. */
interface World extends Target {
  document?: Target & { hidden: boolean };
}

const world = () => globalThis as unknown as World;

/** The parts that were passed in, and those of `globalThis` for the others. No part is accessed before it is used. */
export function platformOf(given: Partial<Platform>): Platform {
  return {
    fetch: given.fetch ?? ((url, request) => fetch(url, request)),
    clock: given.clock ?? SYSTEM_CLOCK,
    visibility: given.visibility ?? PAGE,
    onOnline: given.onOnline ?? onWorld('online'),
    onOffline: given.onOffline ?? onWorld('offline'),
  };
}

/** An event of `globalThis`, where it has events. */
export function onWorld(type: string): Subscribe {
  return (listener) => subscribe(world(), type, listener);
}

const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as number),
};

/** The page of a browser. On other platforms there is none, and it is never hidden. */
const PAGE: Visibility = {
  isHidden: () => world().document?.hidden ?? false,
  onChange: (listener) => subscribe(world().document, 'visibilitychange', listener),
};

export function subscribe(target: Target | undefined, type: string, listener: () => void): () => void {
  target?.addEventListener?.(type, listener);
  return () => target?.removeEventListener?.(type, listener);
}
