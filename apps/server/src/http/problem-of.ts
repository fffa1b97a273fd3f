import { Problem, type ProblemCode } from '@scan-login/nest/common';
import { HttpException } from '@nestjs/common';

/** What the framework's own refusals are called here. */
const CODE_OF_STATUS: Record<number, ProblemCode> = {
  400: 'invalid_request',
  401: 'token_invalid',
  // what is kept from everybody is not there
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
 * SQLSTATE classes 08 (connection), 53 (resources), 57 (operator intervention; 57014 is a statement that took too long),
 * 55P03 (a lock that others hold) and 25006 (read-only), and what node and pg say when a connection is refused, cut or
 * not to be had in time: the database is away, the caller may try again.
 */
const DATABASE_AWAY = /^(08...|53...|57P..|57014|55P03|25006|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
const CONNECTION_LOST =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|not queryable|pool after calling end/;

/** Whatever was thrown, as a problem. What is unknown is `server_error`, without detail. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (isDatabaseAway(thrown)) return new Problem('unavailable', { retryAfter: 1 }, { cause: thrown });
  const code = CODE_OF_STATUS[statusOf(thrown) ?? 0];
  if (code) return new Problem(code, {}, { cause: thrown });
  return new Problem('server_error', {}, { cause: thrown });
}

/** Nest's exceptions and Fastify's errors both carry the HTTP status they ask for. */
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
  // a host with several addresses fails with one error for each of them
  return thrown instanceof AggregateError && thrown.errors.some(isDatabaseAway);
}
