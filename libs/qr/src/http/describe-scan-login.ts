import { ProblemDocument } from '@scan-login/nest/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

type Components = NonNullable<OpenAPIObject['components']>;

/**
 * The security schemes to which the routes refer: the credentials of a call. Headers that are no credential are
 * parameters (`X-Device-Id`, `DPoP`), so that a generated client passes them with each call. `X-Ticket-Secret` is both: it
 * is a credential, and another one for each ticket, which no setting of a whole client can be.
 */
const SECURITY_SCHEMES: Components['securitySchemes'] = {
  session: { scheme: 'bearer', bearerFormat: 'JWT', type: 'http', description: 'The access token' },
  boundSession: {
    type: 'http',
    scheme: 'dpop',
    description: 'The access token of a session that is bound to a key (RFC 9449)',
  },
  ticketSecret: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Ticket-Secret',
    description: 'The `secret` of the ticket',
  },
};

/**
 * Completes an OpenAPI document that was made with `SwaggerModule.createDocument`: adds the security schemes of our
 * routes and of `@RequiresSession()`, and the schema of problems.
 * @returns the same document
 */
export function describeScanLogin(document: OpenAPIObject): OpenAPIObject {
  const { securitySchemes, schemas, ...others } = document.components ?? {};
  const { $schema: _dialect, ...problem } = z.toJSONSchema(ProblemDocument);
  return Object.assign(document, {
    components: {
      securitySchemes: { ...SECURITY_SCHEMES, ...securitySchemes },
      ...others,
      schemas: { ...schemas, Problem: problem as NonNullable<Components['schemas']>[string] },
    },
  });
}
