import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Problem } from './problems.js';

/**
 * Sends problems as `application/problem+json`. The libs' controllers and `@RequiresSession()` bring it along. It
 * leaves the application's own exceptions alone.
 */
@Catch(Problem)
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');

  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(problem: Problem, context: ArgumentsHost): void {
    this.answer(problem, context);
  }

  protected answer(problem: Problem, context: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const { body } = problem;
    this.log(problem, body.status);

    const response: unknown = context.switchToHttp().getResponse();
    if (httpAdapter.isHeadersSent(response)) return httpAdapter.end(response);
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json');
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    if (body.status === 401) httpAdapter.setHeader(response, 'WWW-Authenticate', challengeFor(problem));
    if (problem.extras.retryAfter) httpAdapter.setHeader(response, 'Retry-After', String(problem.extras.retryAfter));
    httpAdapter.reply(response, body, body.status);
  }

  private log(problem: Problem, status: number): void {
    const event = { event: 'problem', code: problem.code, detail: problem.extras.detail };
    if (status >= 500) this.logger.error({ ...event, err: problem.cause });
    else this.logger.debug(event);
  }
}

/** Required with every 401. @see RFC 9110 §15.5.2, RFC 9449 §7.1 */
function challengeFor({ code }: Problem): string {
  return code === 'proof_invalid' ? 'DPoP error="invalid_dpop_proof", algs="ES256"' : 'Bearer, DPoP algs="ES256"';
}
