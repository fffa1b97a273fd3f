import { ProblemDocument } from '@scan-login/nest/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

type Components = NonNullable<OpenAPIObject['components']>;

const header = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description }) as const;

/** The security schemes to which the routes refer. */
const SECURITY_SCHEMES: Components['securitySchemes'] = {
  session: { scheme: 'bearer', bearerFormat: 'JWT', type: 'http', description: 'The access token' },
  boundSession: {
    type: 'http',
    scheme: 'dpop',
    description: 'The access token of a session that is bound to a key (RFC 9449)',
  },
  proof: header('DPoP', 'A new proof of that key, for this call'),
  device: header('X-Device-Id', 'The `device.id` of the caller'),
  ticketSecret: header('X-Ticket-Secret', 'The `secret` of the ticket'),
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
