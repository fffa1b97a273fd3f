import { type ArgumentMetadata, StandardSchemaValidationPipe } from '@nestjs/common';
import { type InputFault, Problem } from './problems.js';

type Issue = { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[]; keys?: readonly string[] };

/** Validates input against the schema of its parameter, and reports all errors at once. */
class InputPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => new Problem('invalid_request', { errors: issues.flatMap(errorsOf) }) });
  }

  override async transform<Value>(value: Value, metadata: ArgumentMetadata): Promise<Value> {
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      throw metadata.type === 'query' && error instanceof Problem ? inQuery(error) : error;
    }
  }

  /**
   * Nest would silently remove `constructor` and `prototype` from a body. Here they are unknown fields like any other.
   */
  protected override stripProtoKeys(): void {}
}

export const inputPipe = new InputPipe();

/** A JSON Pointer cannot point into a query, so a parameter is named as in the URL: `?wait`. */
function inQuery({ code, extras }: Problem): Problem {
  return new Problem(code, {
    ...extras,
    errors: extras.errors?.map(({ pointer, detail }) => ({ pointer: pointer.replace('/', '?'), detail })),
  });
}

/** Reports an unknown field at its own path, not at that of the object that contains it. */
function errorsOf(issue: Issue): InputFault[] {
  const path = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  if (issue.keys) {
    return issue.keys.map((key) => ({ pointer: pointerTo([...path, key]), detail: 'This field is not known here' }));
  }
  return [{ pointer: pointerTo(path), detail: issue.message }];
}

/** @see RFC 6901 */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
