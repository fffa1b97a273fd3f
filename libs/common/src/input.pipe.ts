import { StandardSchemaValidationPipe } from '@nestjs/common';
import { type InputFault, Problem } from './problems.js';

type Issue = { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[]; keys?: readonly string[] };

/** Checks what comes in against the schema that its parameter names, and says all that is wrong with it at once. */
export const inputPipe = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => new Problem('invalid_request', { errors: issues.flatMap(faultsOf) }),
});

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
