import { applyDecorators, Controller, Header, HttpCode, UseFilters, UsePipes, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiResponse, type ApiResponseOptions, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { inputPipe } from '../problems/input.pipe.js';
import { ProblemFilter } from '../problems/problem.filter.js';

/**
 * A controller of the API: it checks its input by schemas and answers problems as RFC 9457, whatever the application
 * around it does. Its path has the version of our contract, so that the application's versioning leaves it alone.
 */
export function ApiController(tag: string, path: string): ClassDecorator {
  return applyDecorators(
    ApiTags(tag),
    Controller({ path, version: VERSION_NEUTRAL }),
    UsePipes(inputPipe),
    UseFilters(ProblemFilter),
  );
}

/** What a good call is answered with: for this caller, now, so that no cache keeps it. */
export function Answers(
  status: number,
  schema: z.ZodType,
  description: string,
  headers?: ApiResponseOptions['headers'],
): MethodDecorator {
  return applyDecorators(
    HttpCode(status),
    Header('Cache-Control', 'no-store'),
    ApiResponse({ status, description, standardSchema: schema, headers }),
  );
}

/** The call is answered with 204. */
export function AnswersNothing(description: string): MethodDecorator {
  return applyDecorators(HttpCode(204), Header('Cache-Control', 'no-store'), ApiResponse({ status: 204, description }));
}
