import type { Fetch } from '@scan-login/client';

/** A `fetch` for the client that records responses: a test may need more of them than the client shows. */
export class Recorder {
  private readonly bodies = new Map<string, string>();

  /** @param server where the API is, with the prefix of its routes */
  constructor(private readonly server: string) {}

  readonly fetch: Fetch = async (url, request) => {
    const response = await fetch(url, request);
    const text = await response.text();
    this.bodies.set(`${request.method} ${url.slice(this.server.length)}`, text);
    return { ok: response.ok, status: response.status, headers: response.headers, text: async () => text };
  };

  /** The last response to a call, such as `POST /v1/tickets`. */
  body(call: string): unknown {
    return JSON.parse(this.bodies.get(call)!);
  }
}
