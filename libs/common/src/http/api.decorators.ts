import { applyDecorators, Controller, Header, HttpCode, UseFilters, UsePipes, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiResponse, type ApiResponseOptions, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { inputPipe } from '../problems/input.pipe.js';
import { ProblemFilter } from '../problems/problem.filter.js';

/**
 * A controller of the API. It validates its input by schemas and sends problems as RFC 9457, whatever pipes and filters
 * the application has. Its path contains the version of our contract, so the application's versioning does not apply.
 */
export function ApiController(tag: string, path: string): ClassDecorator {
  return applyDecorators(
    ApiTags(tag),
    Controller({ path, version: VERSION_NEUTRAL }),
    UsePipes(inputPipe),
    UseFilters(ProblemFilter),
  );
}

/** Declares the successful response. It is for this caller only, so caches must not store it. */
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

/** Declares that a successful response is 204. */
export function AnswersNothing(description: string): MethodDecorator {
  return applyDecorators(HttpCode(204), Header('Cache-Control', 'no-store'), ApiResponse({ status: 204, description }));
}
