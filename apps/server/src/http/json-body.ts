import { Problem } from '@scan-login/nest/common';
import type { FastifyInstance } from 'fastify';
import { parse } from 'lossless-json';

/**
 * Accepts JSON bodies only, and only unambiguous JSON. `__proto__`, and a key that occurs twice with different values,
 * are refused, because two parsers could read them differently.
 * @see RFC 8259 §4
 */
export function acceptJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parseSafely = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body as string;
    if (text === '') return done(null, undefined);
    try {
      parse(text);
    } catch (cause) {
      // JSON that is nested too deeply ends in a RangeError, whose message does not help the client
      const detail = cause instanceof SyntaxError ? cause.message : 'Nested too deeply';
      return done(new Problem('malformed_json', { detail }, { cause }));
    }
    void parseSafely(request, text, (error, value) =>
      error ? done(new Problem('malformed_json', {}, { cause: error })) : done(null, value),
    );
  });
}
