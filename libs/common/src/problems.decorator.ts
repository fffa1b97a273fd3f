import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { type ProblemCode, PROBLEMS } from './problems.js';

const CODES = Symbol('problem codes of a route');

/** Documents the problems that a route can answer with. May be given several times; the codes of one status add up. */
export function Problems(...codes: ProblemCode[]): MethodDecorator {
  return (target, key, descriptor) => {
    const handler = descriptor.value as object;
    const all = [...new Set([...problemCodesOf(handler), ...codes])];
    Reflect.defineMetadata(CODES, all, handler);
    applyDecorators(...statusesOf(all).map((status) => describe(status, all)))(target, key, descriptor);
  };
}

export function problemCodesOf(handler: object): ProblemCode[] {
  return (Reflect.getMetadata(CODES, handler) as ProblemCode[] | undefined) ?? [];
}

function statusesOf(codes: ProblemCode[]): number[] {
  return [...new Set(codes.map((code) => PROBLEMS[code].status))];
}

function describe(status: number, codes: ProblemCode[]): MethodDecorator {
  const here = codes.filter((code) => PROBLEMS[code].status === status);
  return ApiResponse({
    status,
    description: here.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join('\n\n'),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(here.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  });
}

function exampleOf(code: ProblemCode): object {
  return { type: `urn:scan-login:problem:${code}`, ...PROBLEMS[code], code };
}
