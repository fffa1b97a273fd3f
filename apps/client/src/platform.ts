/** What is sent. `fetch` of browsers, Node, Bun and React Native takes it. */
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

/** As much of a response as is read. Without `body`, as in React Native, there are no server-sent events. */
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
  /** Milliseconds that only ever grow, whatever happens to the time of day. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Calls the listener at each event. @returns what ends that */
export type Subscribe = (listener: () => void) => () => void;

export interface Visibility {
  /** The page, or the app, cannot be seen. */
  isHidden(): boolean;
  /** It was hidden, or is seen again. */
  onChange: Subscribe;
}

/** What differs from one platform to another. Each part can be handed in. */
export interface Platform {
  fetch: Fetch;
  clock: Clock;
  visibility: Visibility;
  /** The network came back: a pause between two attempts ends early. */
  onOnline: Subscribe;
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

/** The parts that were handed in, and `globalThis`'s for the others. Nothing is touched before it is used. */
export function platformOf(given: Partial<Platform>): Platform {
  return {
    fetch: given.fetch ?? ((url, request) => fetch(url, request)),
    clock: given.clock ?? SYSTEM_CLOCK,
    visibility: given.visibility ?? PAGE,
    onOnline: given.onOnline ?? ((listener) => subscribe(world(), 'online', listener)),
  };
}

const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as number),
};

/** The page of a browser. Elsewhere there is none, and nothing is hidden. */
const PAGE: Visibility = {
  isHidden: () => world().document?.hidden ?? false,
  onChange: (listener) => subscribe(world().document, 'visibilitychange', listener),
};

export function subscribe(target: Target | undefined, type: string, listener: () => void): () => void {
  target?.addEventListener?.(type, listener);
  return () => target?.removeEventListener?.(type, listener);
}
