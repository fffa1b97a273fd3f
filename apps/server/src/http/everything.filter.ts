import { ProblemFilter } from '@scan-login/nest/common';
import { type ArgumentsHost, Catch, Injectable } from '@nestjs/common';
import { problemOf } from './problem-of.js';

/** This server answers every error as a problem: those of the framework and the database, and those that are unknown. */
@Catch()
@Injectable()
export class EverythingFilter extends ProblemFilter {
  override catch(thrown: unknown, context: ArgumentsHost): void {
    this.answer(problemOf(thrown), context);
  }
}
