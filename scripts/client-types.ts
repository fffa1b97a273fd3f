// Writes the wire types of @scan-login/client from openapi.json; with --check, compares.
import { readFile } from 'node:fs/promises';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { settle } from './settle.js';

const document = JSON.parse(await readFile('openapi.json', 'utf8')) as OpenAPI3;
// what is sent and answered; which call is where stands in the client's own code
const types = await openapiTS(
  { ...document, paths: {} },
  { rootTypes: true, rootTypesNoSchemaPrefix: true, rootTypesKeepCasing: true, defaultNonNullable: false },
);
const text = `// Made from openapi.json: npm run client:types\n${astToString(types)}`;
await settle('apps/client/src/wire.ts', text, 'npm run client:types');
