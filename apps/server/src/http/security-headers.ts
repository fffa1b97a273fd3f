import { type IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.js';

/** Strict for everything; Swagger UI styles itself inline and shows pictures from data URLs, so it has its own. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** @see https://owasp.org/www-project-secure-headers/ */
const ALWAYS = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Frame-Options': 'DENY',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
};

/** A phone on plain http in the local network must reach us too. */
const ON_HTTPS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
};

/**
 * What all answers are, whoever writes them. The headers are added when an answer begins, and not when its call comes:
 * a held poll would keep them all that time.
 */
export function securedResponse({ PUBLIC_URL }: Config): typeof ServerResponse {
  const headers = Object.entries({ ...ALWAYS, ...(PUBLIC_URL?.startsWith('https:') && ON_HTTPS) });
  return class SecuredResponse<Request extends IncomingMessage> extends ServerResponse<Request> {
    override writeHead(...head: unknown[]): this {
      for (const [name, value] of headers) if (!this.hasHeader(name)) this.setHeader(name, value);
      return super.writeHead(...(head as Parameters<ServerResponse['writeHead']>));
    }
  };
}

/** What the API says is for this caller, now; only pictures and keys say otherwise themselves. */
export function routeHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (request.url.startsWith('/v1/') && !reply.hasHeader('cache-control')) reply.header('Cache-Control', 'no-store');
    if (request.url === '/docs' || request.url.startsWith('/docs/'))
      reply.header('Content-Security-Policy', DOCS_POLICY);
    done();
  });
}
