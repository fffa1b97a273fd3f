import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config.js';

/** Strict for everything; Swagger UI styles itself inline and shows pictures from data URLs, so it has its own. */
const POLICY = {
  defaultSrc: "'none'",
  scriptSrc: "'self'",
  styleSrc: "'self'",
  imgSrc: "'self'",
  connectSrc: "'self'",
  baseUri: "'none'",
  formAction: "'self'",
  frameAncestors: "'none'",
};
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** On every answer, errors included. */
export function securityHeaders(app: NestFastifyApplication, config: Config): void {
  const isHttps = config.PUBLIC_URL?.startsWith('https:') ?? false;
  app.useSecurityHeaders({
    contentSecurityPolicy: { useDefaults: false, directives: POLICY },
    // a phone on plain http in the local network must reach us too
    strictTransportSecurity: isHttps,
    crossOriginOpenerPolicy: isHttps,
    originAgentCluster: isHttps,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (request, reply, _payload, done) => {
      // whatever the API says is for this caller, now; only pictures and keys say otherwise themselves
      if (request.url.startsWith('/v1/') && !reply.hasHeader('cache-control'))
        reply.header('Cache-Control', 'no-store');
      if (request.url === '/docs' || request.url.startsWith('/docs/'))
        reply.header('Content-Security-Policy', DOCS_POLICY);
      done();
    });
}
