import type { Problem } from '@scan-login/client';

/**
 * The body of an unchecked response, with the members that the document names: those of a success, and of a problem. A
 * test asserts which it was.
 */
export type Unchecked<Success> = Required<Success> & Required<Omit<Problem, keyof Success>>;

/** An HTTP response, unchecked. */
export interface HttpResponse<Body = any> {
  status: number;
  headers: Headers;
  body: Body;
  /** Duration of the whole call, in milliseconds. */
  ms: number;
}

export interface Call {
  headers?: Record<string, string | undefined>;
  json?: unknown;
  signal?: AbortSignal;
}

/** Makes one HTTP call, as any client would. */
export async function call(
  method: string,
  url: string,
  { headers = {}, json, signal }: Call = {},
): Promise<HttpResponse> {
  const began = performance.now();
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(url, {
    method,
    signal,
    headers: { ...Object.fromEntries(given), ...(json !== undefined && { 'content-type': 'application/json' }) },
    body: json === undefined ? undefined : JSON.stringify(json),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
    ms: performance.now() - began,
  };
}
