import { ProblemFilter } from '@scan-login/nest/common';
import { type ArgumentsHost, Catch, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isForPerson, sendNotFound } from '../pages/not-found.js';
import { problemOf } from './problem-of.js';

/**
 * Responds to every error with a problem: also to errors of the framework and the database, and to unknown errors. A
 * person who opens an unknown address in a browser gets a page.
 */
@Catch()
@Injectable()
export class EverythingFilter extends ProblemFilter {
  override catch(thrown: unknown, context: ArgumentsHost): void {
    const problem = problemOf(thrown);
    const answer = () => this.answer(problem, context);
    const http = context.switchToHttp();
    if (!isForPerson(problem, http.getRequest<FastifyRequest>())) return answer();
    sendNotFound(http.getResponse<FastifyReply>()).catch(answer);
  }
}
