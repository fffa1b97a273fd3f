import { ApiResponse } from '@nestjs/swagger';
import { type ProblemCode, PROBLEMS } from './problems.js';

const CODES = Symbol('problem codes of a route');

/** Problems of every route with a body. */
export const OF_BODY = [
  'invalid_request',
  'malformed_json',
  'payload_too_large',
  'unsupported_media_type',
] as const satisfies ProblemCode[];

/** Problems of every route: the database is unreachable, or the server is shutting down. */
const ALWAYS: ProblemCode[] = ['unavailable'];

/**
 * Documents the problems of a route, or of all routes of a controller. It may be used several times: the codes add up.
 */
export function Problems(...codes: ProblemCode[]): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const route = (descriptor?.value ?? target) as object;
    const before = problemCodesOf(route);
    const added = [...codes, ...ALWAYS].filter((code) => !before.includes(code));
    Reflect.defineMetadata(CODES, [...before, ...added], route);
    for (const decorate of describe(before, added)) decorate(target as never, key!, descriptor!);
  };
}

function problemCodesOf(handler: object): ProblemCode[] {
  return (Reflect.getMetadata(CODES, handler) as ProblemCode[] | undefined) ?? [];
}

/** `ApiResponse` appends to the description that a status has already, but replaces its content. */
function describe(before: ProblemCode[], added: ProblemCode[]): (ClassDecorator & MethodDecorator)[] {
  return [...new Set(added.map(statusOf))].map((status) => {
    const hasStatus = (code: ProblemCode) => statusOf(code) === status;
    return ApiResponse({
      status,
      description: added
        .filter(hasStatus)
        .map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`)
        .join('\n\n'),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries([...before, ...added].filter(hasStatus).map((code) => [code, exampleOf(code)])),
        },
      },
    });
  });
}

function statusOf(code: ProblemCode): number {
  return PROBLEMS[code].status;
}

function exampleOf(code: ProblemCode): { value: object } {
  return { value: { type: `urn:scan-login:problem:${code}`, ...PROBLEMS[code], code } };
}
