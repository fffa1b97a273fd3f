import os from 'node:os';

/** The body of an error answer. @see RFC 9457 §3 */
export interface ProblemBody {
  title: string;
  status: number;
  /** Missing where something else than a scan-login server has answered. */
  code?: string;
  detail?: string;
  errors?: { pointer: string; detail: string }[];
  /** With `ticket_wrong_status`. */
  currentStatus?: string;
}

/** The server has answered, with an error. `message` is one line for people. */
export class ProblemError extends Error {
  constructor(
    readonly problem: ProblemBody,
    /** Seconds to wait before asking again, if the server says so. */
    readonly retryAfter?: number,
  ) {
    super(sentenceOf(problem));
  }
}

/** No answer, or none that can be understood. It is unknown whether the call had its effect. */
export class UnreachableError extends Error {}

export interface Call {
  headers?: Record<string, string>;
  body?: unknown;
  /** Seconds to wait for the answer. */
  timeout?: number;
  /** Members that must be texts for the answer to make sense, such as `account.id`. */
  needs?: string[];
}

/** One server, by HTTP. */
export class Api {
  /**
   * @param server URL that the paths are added to, without a slash at the end
   * @param signal ends whatever is under way
   */
  constructor(
    readonly server: string,
    readonly signal: AbortSignal = new AbortController().signal,
  ) {}

  /**
   * @returns the body of the answer; nothing for 204
   * @throws ProblemError | UnreachableError | the reason of `signal`
   */
  async call<Answer = void>(method: string, path: string, options: Call = {}): Promise<Answer> {
    const { headers, body, timeout = 10, needs = [] } = options;
    const [response, text] = await this.fetch(path, timeout, {
      method,
      headers: {
        Accept: 'application/json',
        'User-Agent': USER_AGENT,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // the secrets in our headers are for this server alone
      redirect: 'manual',
    });
    const answer = parse(text);
    if (!response.ok) {
      throw new ProblemError(problemOf(response, answer, `${this.server}${path}`), retryAfterOf(response));
    }
    if (!needs.every((member) => typeof read(answer, member) === 'string')) throw this.stranger(path, response.status);
    return answer as Answer;
  }

  private async fetch(path: string, timeout: number, request: RequestInit): Promise<[Response, string]> {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(timeout * 1000)]);
    try {
      const response = await fetch(`${this.server}${path}`, { ...request, signal });
      return [response, await response.text()];
    } catch (cause) {
      this.signal.throwIfAborted();
      throw new UnreachableError(
        `Nothing answers at ${this.server} (${reasonOf(cause, timeout)}): is the server running?`,
        {
          cause,
        },
      );
    }
  }

  private stranger(path: string, status: number): ProblemError {
    const title = `${this.server}${path} does not answer like a scan-login server`;
    return new ProblemError({ title, status });
  }
}

/** Tells the phone's person on what system the screen runs: nothing else of a command line can be recognised. */
const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Macintosh; Intel Mac OS X',
  linux: 'X11; Linux',
  win32: `Windows NT ${os.release().split('.').slice(0, 2).join('.')}`,
};
const USER_AGENT = `scan-login/1.0 (${SYSTEMS[process.platform] ?? process.platform})`;

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** @param path names of members, with dots between them */
function read(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce(
      (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
      value,
    );
}

function problemOf({ status, statusText }: Response, answer: unknown, url: string): ProblemBody {
  if (typeof read(answer, 'title') === 'string') return { ...(answer as ProblemBody), status };
  return { title: `${url} was answered with ${status} ${statusText}`.trim(), status };
}

function sentenceOf({ title, detail, errors }: ProblemBody): string {
  const faults = Array.isArray(errors) ? errors.map((fault) => `${fault.pointer} ${fault.detail}`).join(', ') : '';
  return `${[title, detail, faults].filter(Boolean).join(': ')}.`;
}

/** @see RFC 9110 §10.2.3: seconds, or a date */
function retryAfterOf({ headers }: Response): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection cut',
  UND_ERR_SOCKET: 'connection cut',
  ENOTFOUND: 'no such host',
  EHOSTUNREACH: 'host cannot be reached',
  ENETUNREACH: 'network cannot be reached',
};

/** `fetch` says "fetch failed" to everything; what happened is in the cause. */
function reasonOf(thrown: unknown, timeout: number): string {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return `no answer within ${timeout} seconds`;
  const { code, message } = ((thrown as Error).cause ?? thrown) as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? code ?? message;
}
