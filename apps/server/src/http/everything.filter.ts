import { ProblemFilter } from '@scan-login/nest/common';
import { type ArgumentsHost, Catch, Injectable } from '@nestjs/common';
import { problemOf } from './problem-of.js';

/** Responds to every error with a problem: also to errors of the framework and the database, and to unknown errors. */
@Catch()
@Injectable()
export class EverythingFilter extends ProblemFilter {
  override catch(thrown: unknown, context: ArgumentsHost): void {
    this.answer(problemOf(thrown), context);
  }
}
