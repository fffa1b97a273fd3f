import { type ErrorCode, ScanLoginError } from '../error.js';
import type { FetchResponse, Platform } from '../platform.js';
import type { Problem } from '../wire.js';
import { abortError, linked } from './abort.js';

export interface Call {
  method?: 'GET' | 'POST' | 'DELETE';
  headers?: Record<string, string>;
  body?: object;
  signal?: AbortSignal;
  /** Milliseconds to wait for the response: a dead connection may raise no error. */
  timeout?: number;
  /** For a call that must be sent even if the user leaves the page. */
  keepalive?: boolean;
}

const TIMEOUT_MS = 15_000;

/**
 * Makes a call. @returns the text of its response
 * @throws ScanLoginError; the reason of `signal`
 */
export function call(platform: Platform, url: string, given: Call = {}): Promise<string> {
  return send(platform, url, given, (response) => response.text());
}

/**
 * Makes a call whose response is JSON.
 * @param isValid checks the members that matter; the others are not checked
 * @throws ScanLoginError; the reason of `signal`
 */
export async function callJson<Body>(
  platform: Platform,
  url: string,
  given: Call,
  isValid: (body: Partial<Body>) => unknown = () => true,
): Promise<Body> {
  const body = parse<Body>(await call(platform, url, given));
  if (!body || !isValid(body)) throw new ScanLoginError({ code: 'unexpected', status: 200 });
  return body as Body;
}

/**
 * Makes a call, and reads its response with `read` within the timeout of the call.
 * @throws ScanLoginError; the reason of `signal`
 */
export async function send<Result>(
  { fetch, clock }: Platform,
  url: string,
  { method = 'GET', headers, body, signal, timeout = TIMEOUT_MS, keepalive }: Call,
  read: (response: FetchResponse) => Promise<Result>,
): Promise<Result> {
  const request = linked(signal);
  const timer = clock.setTimeout(request.abort, timeout);
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
      signal: request.signal,
      cache: 'no-store',
      // the secrets in the headers are for this server only
      redirect: 'manual',
      referrerPolicy: 'no-referrer',
      keepalive,
    });
    if (!response.ok) throw errorOf(response, await response.text(), clock.date());
    return await read(response);
  } catch (cause) {
    if (signal?.aborted) throw abortError(signal);
    throw cause instanceof ScanLoginError ? cause : new ScanLoginError({ code: 'offline', status: 0 }, { cause });
  } finally {
    clock.clearTimeout(timer);
    request.unlink();
  }
}

function errorOf({ status, headers }: FetchResponse, text: string, now: number): ScanLoginError {
  const problem = parse<Problem>(text);
  const serverTime = Date.parse(headers.get('date') ?? '') || undefined;
  const code: ErrorCode = typeof problem?.code === 'string' ? problem.code : 'unexpected';
  const after = headers.get('retry-after');
  return new ScanLoginError({ ...problem, code, status }, { serverTime, retryAfter: secondsOf(after, now) });
}

/** @see RFC 9110 §10.2.3: seconds, or a date */
function secondsOf(after: string | null, now: number): number | undefined {
  if (!after) return undefined;
  const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - now) / 1000;
  return seconds > 0 ? seconds : undefined;
}

/** @returns nothing if the text is not a JSON object */
export function parse<Value>(text: string): Partial<Value> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
