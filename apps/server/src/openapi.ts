import { describeScanLogin } from '@scan-login/nest/qr';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { ownVersion } from './installation.js';

const DESCRIPTION = `
Sign in on a **screen** by scanning its QR code with a **phone** that is signed in already.

To run a whole login here, by hand:

1. \`POST /v1/accounts\` makes an account (or take the demo account that the server printed).
2. \`POST /v1/sessions\` with \`device.type: "phone"\` signs a phone in. Click **Authorize** and fill in \`session\` (the
   \`accessToken\`). \`X-Device-Id\` of its calls is the same \`device.id\`.
3. \`POST /v1/tickets\` opens a ticket for a screen. \`X-Ticket-Secret\` of its calls is the \`secret\`.
4. \`GET /v1/tickets/{uuid}/status\` waits; \`POST …/scan\` as the phone; the status says \`201\`.
5. \`POST …/confirm\` with the \`scanToken\`; the status says \`200\`.
6. \`POST …/redeem\` with the screen's \`device.id\`: the screen has tokens of its own.
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
