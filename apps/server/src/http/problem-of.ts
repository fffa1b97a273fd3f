import { Problem, type ProblemCode } from '@scan-login/nest/common';
import { HttpException } from '@nestjs/common';

/** Problem codes for the framework's own errors. */
const CODE_OF_STATUS: Record<number, ProblemCode> = {
  400: 'invalid_request',
  401: 'token_invalid',
  // what no client may have does not exist for them
  403: 'not_found',
  404: 'not_found',
  405: 'not_found',
  408: 'request_timeout',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
  503: 'unavailable',
};

/**
 * Codes that mean that the database is unavailable, and the client may try again. SQLSTATE classes 08 (connection), 53
 * (resources) and 57 (operator intervention; 57014 is a statement that took too long), 55P03 (lock not available),
 * 25006 (read-only), and the codes of Node and pg when a connection is refused, lost or not available in time.
 */
const DATABASE_AWAY = /^(08...|53...|57P..|57014|55P03|25006|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
const CONNECTION_LOST =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|not queryable|pool after calling end/;

/** Turns any thrown value into a problem. An unknown error becomes `server_error`, without detail. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (isDatabaseAway(thrown)) return new Problem('unavailable', { retryAfter: 1 }, { cause: thrown });
  const code = CODE_OF_STATUS[statusOf(thrown) ?? 0];
  if (code) return new Problem(code, {}, { cause: thrown });
  return new Problem('server_error', {}, { cause: thrown });
}

/** The HTTP status that an exception of Nest or an error of Fastify asks for. */
function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function isDatabaseAway(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code } = thrown as { code?: unknown };
  if (typeof code === 'string' && DATABASE_AWAY.test(code)) return true;
  if (CONNECTION_LOST.test(thrown.message)) return true;
  // a host with several addresses fails with one error for each address
  return thrown instanceof AggregateError && thrown.errors.some(isDatabaseAway);
}
