import type { Problem } from './wire.js';

/**
 * `offline`: no response at all. `unexpected`: the response comes not from a scan-login server but from a proxy or a
 * captive portal. `screen_key_mismatch`: the ticket and its link name different keys. All others are those of
 * docs/problems.md; a newer server may have more.
 */
export type ErrorCode = Problem['code'] | 'offline' | 'unexpected' | 'screen_key_mismatch';

type Details = Partial<Pick<Problem, 'detail' | 'errors' | 'currentStatus' | 'triesLeft' | 'reason'>>;

interface Given extends Details {
  code: ErrorCode;
  status: number;
  title?: string;
}

/** A call that failed. `message` is one line, in English. */
export class ScanLoginError extends Error {
  override readonly name = 'ScanLoginError';
  declare readonly code: ErrorCode;
  /** HTTP status; 0 if there was no response. */
  declare readonly status: number;
  declare readonly detail?: string;
  /** With `invalid_request`: what is wrong with which field. `pointer` is a JSON Pointer. */
  declare readonly errors?: Problem['errors'];
  /** With `ticket_wrong_status`: the status of the ticket. */
  declare readonly currentStatus?: string;
  /** With `number_wrong`: how many more numbers may be tried; at 0 the ticket is denied. */
  declare readonly triesLeft?: number;
  /** With `session_ended`: why it ended. */
  declare readonly reason?: string;
  /** Seconds that the server asks to wait before the next call. */
  declare readonly retryAfter?: number;
  /** Time of the response by the server's clock, in milliseconds since 1970, if the page may read it. */
  declare readonly serverTime?: number;

  constructor(
    problem: Given,
    { cause, retryAfter, serverTime }: { cause?: unknown; retryAfter?: number; serverTime?: number } = {},
  ) {
    super(messageOf(problem), { cause });
    const { code, status, detail, errors, currentStatus, triesLeft, reason } = problem;
    // unknown members of a newer server are left out
    Object.assign(this, { code, status, detail, errors, currentStatus, triesLeft, reason, retryAfter, serverTime });
  }

  /** Whether the error is transient, so that the same call may succeed later. */
  get isPassing(): boolean {
    const { status } = this;
    // an invalid response with status 200 comes from something in between, such as the network of a hotel
    return status < 300 || status === 408 || status === 425 || status === 429 || status >= 500;
  }
}

function messageOf({ title, code, status, detail, errors }: Given): string {
  const fields = Array.isArray(errors) ? errors.map((each) => `${each.pointer} ${each.detail}`).join(', ') : '';
  return [title ?? `${code} (${status})`, detail, fields].filter(Boolean).join(': ');
}
