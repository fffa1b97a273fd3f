import { Problem } from '@scan-login/nest/common';
import type { FastifyInstance } from 'fastify';
import { parse } from 'lossless-json';

/**
 * JSON is the only body that is understood, and only JSON that means one thing: `__proto__`, and a key that stands
 * twice with two values, are refused, because two readers could take them for different things.
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
      // what is nested too deeply to be read ends in a RangeError, whose words help nobody
      const detail = cause instanceof SyntaxError ? cause.message : 'Nested too deeply';
      return done(new Problem('malformed_json', { detail }, { cause }));
    }
    void parseSafely(request, text, (error, value) =>
      error ? done(new Problem('malformed_json', {}, { cause: error })) : done(null, value),
    );
  });
}
