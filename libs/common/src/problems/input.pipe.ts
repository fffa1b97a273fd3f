import { type ArgumentMetadata, StandardSchemaValidationPipe } from '@nestjs/common';
import { type InputFault, Problem } from './problems.js';

type Issue = { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[]; keys?: readonly string[] };

/** Checks what comes in against the schema that its parameter names, and says all that is wrong with it at once. */
class InputPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => new Problem('invalid_request', { errors: issues.flatMap(faultsOf) }) });
  }

  override async transform<Value>(value: Value, metadata: ArgumentMetadata): Promise<Value> {
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      throw metadata.type === 'query' && error instanceof Problem ? inQuery(error) : error;
    }
  }

  /** Nest would take `constructor` and `prototype` out of a body silently. Here they are unknown fields like any other. */
  protected override stripProtoKeys(): void {}
}

export const inputPipe = new InputPipe();

/** A query has no JSON to point into: a parameter is named as it stands in the address. */
function inQuery({ code, extras }: Problem): Problem {
  return new Problem(code, {
    ...extras,
    errors: extras.errors?.map(({ pointer, detail }) => ({ pointer: pointer.replace('/', '?'), detail })),
  });
}

/** An unknown field is a fault of its own place, not of the object that holds it. */
function faultsOf(issue: Issue): InputFault[] {
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
