import { PROBLEMS, type ProblemCode } from '@scan-login/nest/common';
import { expect } from 'vitest';
import type { HttpResponse } from './http.js';

/** Members that only some problems may have. */
const ALSO: Record<string, ProblemCode> = {
  errors: 'invalid_request',
  currentStatus: 'ticket_wrong_status',
  triesLeft: 'number_wrong',
  reason: 'session_ended',
};

/** Expects that a response has the documented shape, to the last member. */
export function expectProblem({ status, headers, body }: HttpResponse, why: string): void {
  expect(headers.get('content-type'), why).toMatch(/^application\/problem\+json(;|$)/);
  const code = body.code as ProblemCode;
  expect(Object.keys(PROBLEMS), why).toContain(code);
  const also = Object.fromEntries(Object.entries(ALSO).filter(([member, only]) => member in body && only === code));
  expect(body, why).toEqual({
    type: `urn:scan-login:problem:${code}`,
    title: PROBLEMS[code].title,
    status,
    code,
    ...('detail' in body && { detail: expect.any(String) }),
    ...Object.fromEntries(Object.keys(also).map((member) => [member, body[member]])),
  });
  expect(status, why).toBe(PROBLEMS[code].status);
  if ('errors' in body) {
    expect(body.errors.length, why).toBeGreaterThan(0);
    for (const error of body.errors) {
      expect(error, why).toEqual({ pointer: expect.any(String), detail: expect.stringMatching(/./) });
    }
  }
  // texts for people, without internals of the server
  expect(JSON.stringify(body), why).not.toMatch(/node_modules|\.[jt]s:\d|\bat \w+ \(|SELECT|Fastify|FST_|Nest\b/);
}
