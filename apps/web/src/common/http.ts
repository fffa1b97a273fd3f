interface Details {
  reason?: string;
  currentStatus?: string;
  triesLeft?: number;
  errors?: { pointer: string; detail: string }[];
}

/** An answer that is not the one hoped for. `status` 0: there was no answer at all, or nothing that could be read. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';

  constructor(
    readonly status: number,
    /** `code` of the problem, see docs/problems.md; empty where the server is not to blame. */
    readonly code = '',
    readonly problem: Details = {},
    /** Seconds that the server asks to wait. */
    readonly retryAfter = 0,
  ) {
    super(`${status} ${code}`.trim());
  }

  /** Whether the same call may well succeed a little later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export interface Call {
  method?: 'GET' | 'POST' | 'DELETE';
  headers?: Record<string, string>;
  body?: object;
  signal?: AbortSignal;
  /** Milliseconds after which nobody waits for the answer any more: a connection may be dead and not know it. */
  patience?: number;
  /** For a call that must go out even though the page is being left. */
  keepalive?: boolean;
}

/**
 * One call that understands JSON.
 * @throws CallFailed; AbortError when `signal` says so
 */
export async function call<Answer>(url: string, options: Call = {}): Promise<Answer> {
  const { method = 'GET', body, signal, patience = 15_000, keepalive } = options;
  const hangUp = new AbortController();
  const stop = () => hangUp.abort();
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { signal: hangUp.signal });
  const timer = setTimeout(stop, patience);
  try {
    const response = await fetch(url, {
      method,
      headers: { ...options.headers, ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
      signal: hangUp.signal,
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      keepalive,
    });
    const text = await response.text();
    if (!response.ok) throw failure(response, text);
    return (text && /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text) as Answer;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof CallFailed ? error : new CallFailed(0);
  } finally {
    clearTimeout(timer);
    // and its listener with it
    stop();
  }
}

function failure(response: Response, text: string): CallFailed {
  const retryAfter = Number(response.headers.get('retry-after')) || 0;
  let problem: Details & { code?: string } = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    // a proxy's own page
  }
  return new CallFailed(response.status, problem.code, problem, retryAfter);
}
