import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.js';

/**
 * The policy for everything but Swagger UI, which has inline styles and images from data URLs and so a policy of its
 * own.
 */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Browser features that the pages do not use. The header has no keyword for "all", so each is named. */
const UNUSED =
  'accelerometer bluetooth browsing-topics clipboard-read digital-credentials-get display-capture encrypted-media fullscreen gamepad geolocation gyroscope hid identity-credentials-get idle-detection local-fonts magnetometer microphone midi otp-credentials payment picture-in-picture publickey-credentials-create publickey-credentials-get screen-wake-lock serial storage-access usb window-management xr-spatial-tracking';
const DENIED = UNUSED.replaceAll(/\S+/g, '$&=()').replaceAll(' ', ', ');

/** For the pages of the phone: the camera and passkeys, and nothing else. */
export const PHONE_ALLOWED = `camera=(self), ${DENIED.replaceAll(/(publickey-credentials-\w+)=\(\)/g, '$1=(self)')}`;

/** @see https://owasp.org/www-project-secure-headers/ */
const ALWAYS = {
  'content-security-policy': POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': `camera=(), ${DENIED}`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};

/** Sent only where PUBLIC_URL is https: a phone in a local network must be able to use plain http. */
const ON_HTTPS = {
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
};

/**
 * The class of all responses, which adds the security headers. It adds them when the response begins, not when the
 * request arrives, because a held poll would keep them in memory.
 */
export function securedResponse({ PUBLIC_URL }: Config): typeof ServerResponse {
  const ours = { ...ALWAYS, ...(PUBLIC_URL?.startsWith('https:') && ON_HTTPS) };
  return class SecuredResponse<Request extends IncomingMessage> extends ServerResponse<Request> {
    override writeHead(status: number, ...more: unknown[]): this {
      const [given] = more;
      // Fastify passes all headers at once, with lower-case names as here: one object takes a third of the time
      if (more.length === 1 && isPlain(given) && this.getHeaderNames().length === 0) {
        return super.writeHead(status, { ...ours, ...given });
      }
      for (const [name, value] of Object.entries(ours)) if (!this.hasHeader(name)) this.setHeader(name, value);
      return super.writeHead(status, ...(more as [OutgoingHttpHeaders]));
    }
  };
}

function isPlain(headers: unknown): headers is OutgoingHttpHeaders {
  return typeof headers === 'object' && headers !== null && !Array.isArray(headers);
}

/** Responses of the API are not to be cached, except those that set their own header (pictures and keys). */
export function routeHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (request.url.startsWith('/v1/') && !reply.hasHeader('cache-control')) reply.header('Cache-Control', 'no-store');
    if (request.url === '/docs' || request.url.startsWith('/docs/'))
      reply.header('Content-Security-Policy', DOCS_POLICY);
    done();
  });
}
