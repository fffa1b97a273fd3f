import { HttpException } from '@nestjs/common';

/**
 * All errors of the API. Codes are part of the wire contract: they are added, never renamed.
 * `title` says what happened, `detail` (given where it is thrown) what to do about it.
 * @see RFC 9457; docs/problems.md, which a test compares with this table
 */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request does not have the documented shape' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },

  invalid_credentials: { status: 401, title: 'User name or password is wrong' },
  token_invalid: { status: 401, title: 'The token is missing or not valid here' },
  proof_invalid: { status: 401, title: 'The DPoP proof is missing, or not valid for this call' },
  token_expired: { status: 401, title: 'The access token has expired: refresh it' },
  session_ended: { status: 401, title: 'The session has ended: sign in again' },

  device_mismatch: { status: 403, title: 'X-Device-Id is not the device that the token or ticket is bound to' },
  device_not_allowed: { status: 403, title: 'Only a session on a phone may do this' },
  companion_session: { status: 403, title: 'A session that began with a scan may not do this' },
  ticket_not_yours: { status: 403, title: 'Another phone has scanned this ticket' },
  scan_token_invalid: { status: 403, title: 'The scan token is not that of the last scan' },
  number_wrong: { status: 403, title: 'This is not the number that the screen shows' },
  verification_required: { status: 403, title: 'This confirm needs a passkey of the account' },
  verification_failed: { status: 403, title: 'The passkey did not verify the user for this confirm' },
  account_unavailable: { status: 403, title: 'The account no longer exists, or may not sign in' },

  cross_site_refused: { status: 403, title: 'The refresh cookie is accepted only from pages of this server' },

  not_found: { status: 404, title: 'There is nothing at this address' },
  ticket_not_found: { status: 404, title: 'No such ticket, or the ticket secret is wrong' },
  session_not_found: { status: 404, title: 'No such session of this account' },
  screen_not_found: { status: 404, title: 'No such screen of this account' },
  passkey_not_found: { status: 404, title: 'No such passkey of this account' },

  username_taken: { status: 409, title: 'The user name is taken' },
  ticket_already_scanned: { status: 409, title: 'Another phone has already scanned the ticket' },
  ticket_wrong_status: { status: 409, title: 'The status of the ticket does not allow this' },
  passkey_limit_reached: { status: 409, title: 'The account has as many passkeys as are allowed' },
  session_limit_reached: { status: 409, title: 'The account is signed in on as many devices as are allowed' },

  code_outdated: { status: 410, title: 'The code has changed: scan the one that the screen shows now' },
  ticket_expired: { status: 410, title: 'The ticket has expired: open a new one' },

  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },

  too_many_attempts: { status: 429, title: 'Too many failed sign-ins: try again later' },
  too_many_requests: { status: 429, title: 'Too many requests: try again later' },
  headers_too_large: { status: 431, title: 'The headers are too large' },

  server_error: { status: 500, title: 'Something went wrong on the server' },
  busy: { status: 503, title: 'The server is busy: try again shortly' },
  unavailable: { status: 503, title: 'The database cannot be reached right now: try again shortly' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * One error of the input: `pointer` is a JSON Pointer into the body, or names the parameter (`?wait`, `X-Device-Id`).
 */
export interface InputFault {
  pointer: string;
  detail: string;
}

export interface ProblemExtras {
  detail?: string;
  /** Errors of the input, with `invalid_request`. */
  errors?: InputFault[];
  /** The status of the ticket, with `ticket_wrong_status`. */
  currentStatus?: string;
  /** How many more numbers may be tried, with `number_wrong`; at 0 the ticket is denied. */
  triesLeft?: number;
  /** Why the session ended, with `session_ended`. */
  reason?: string;
  /** Whole seconds; sent as the `Retry-After` header. */
  retryAfter?: number;
}

/** The body of an error response. @see RFC 9457 §3; `ProblemDocument` describes it for OpenAPI */
export interface ProblemBody extends Omit<ProblemExtras, 'retryAfter'> {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
}

/**
 * The exception that the libs throw. An application may catch it by its class. Without our filter, Nest still responds
 * with the right status and body; `ProblemFilter` adds the content type and the headers.
 */
export class Problem extends HttpException {
  constructor(
    readonly code: ProblemCode,
    readonly extras: ProblemExtras = {},
    options?: ErrorOptions,
  ) {
    super(bodyOf(code, extras), PROBLEMS[code].status, options);
    this.message = `${code}: ${extras.detail ?? PROBLEMS[code].title}`;
  }

  get body(): ProblemBody {
    return this.getResponse() as ProblemBody;
  }
}

function bodyOf(code: ProblemCode, { retryAfter: _header, ...members }: ProblemExtras): ProblemBody {
  return { type: `urn:scan-login:problem:${code}`, ...PROBLEMS[code], code, ...members };
}
