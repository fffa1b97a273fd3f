import { describeScanLogin } from '@scan-login/nest/qr';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, type SwaggerCustomOptions, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { ownVersion } from './installation.js';

const DESCRIPTION = `
Sign in on a **screen** by scanning its QR code with a **phone** that is signed in already.

A whole login, call by call. In Swagger UI (\`/docs\`) the bar at the top acts as the phone or as the screen, and fills ids,
secrets and tokens into the next calls:

1. as the phone, \`createAccount\`: \`POST /v1/accounts\` (or take the demo account that the server printed)
2. \`signIn\`: \`POST /v1/sessions\` with \`device.type: "phone"\`
3. as the screen, \`openTicket\`: \`POST /v1/tickets\`
4. as the phone, \`scanTicket\`: \`POST /v1/tickets/{uuid}/scan\`
5. as the screen, \`getTicketStatus\`: \`GET /v1/tickets/{uuid}/status\` says \`201\`, who scanned, and perhaps a number
6. as the phone, \`confirmTicket\`: \`POST /v1/tickets/{uuid}/confirm\`
7. as the screen, \`redeemTicket\`: \`POST /v1/tickets/{uuid}/redeem\` gives it tokens of its own
`;

/**
 * The API contract, generated from the schemas that validate the input. Committed as openapi.json; CI fails on drift.
 */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('scan-login')
    .setDescription(DESCRIPTION.trim())
    .setVersion(ownVersion())
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'The server that this document came from')
    .addTag('screen', 'What the screen calls, from its ticket to its tokens')
    .addTag('phone', 'What the phone calls: scan, then confirm or deny')
    .addTag('sessions', 'Signed-in devices: each on its own')
    .addTag('passkeys', 'Passkeys of an account: to sign in, and to confirm with')
    .addTag('accounts', 'Accounts with a password, for those who have none elsewhere')
    .addTag('keys', 'For other services that check access tokens')
    .build();
  const document = describeScanLogin(
    SwaggerModule.createDocument(app, outline, { operationIdFactory: (_controller, method) => method }),
  );
  addExamples(document.components!.schemas!);
  relaxBodies(document);
  return document;
}

/** Runs in the browser: the text of this function is in a script of Swagger UI. The bar's script comes with the pages. */
function personas(): object {
  return (globalThis as { scanLoginPersonas?: () => object }).scanLoginPersonas?.() ?? {};
}

/** The options of Swagger UI, with a bar in which one acts as the screen or as the phone. */
export const SWAGGER_UI = {
  customSiteTitle: 'scan-login API',
  customJs: '/assets/swagger.js',
  swaggerOptions: {
    persistAuthorization: false,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    displayOperationId: true,
    plugins: [personas],
  },
} satisfies SwaggerCustomOptions;

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

interface Body {
  required?: boolean;
  content: Record<string, { schema?: { type?: string | string[]; anyOf?: { type?: string }[] } }>;
}

/** A body that may be `null` may be left out. OpenAPI says that with `required: false`. */
function relaxBodies({ paths }: OpenAPIObject): void {
  for (const { post } of Object.values(paths)) {
    const body = post?.requestBody as Body | undefined;
    const content = body?.content['application/json'];
    const given = content?.schema?.anyOf?.find((choice) => choice.type !== 'null');
    if (!body || !content || !(given || Array.isArray(content.schema?.type))) continue;
    body.required = false;
    content.schema = given ?? { ...content.schema, type: 'object' };
  }
}

/** Nest's conversion ignores examples of a whole body, so they are added here. */
function addExamples(schemas: Schemas): void {
  const known = z.toJSONSchema(z.globalRegistry, { io: 'output', unrepresentable: 'any' }).schemas;
  for (const [name, schema] of Object.entries(schemas)) {
    const [example] = known[name]?.examples ?? [];
    if (example !== undefined) Object.assign(schema, { example });
  }
}
