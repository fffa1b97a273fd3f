// Generates the wire types of @scan-login/client from openapi.json. With --check, only compares.
import { readFile } from 'node:fs/promises';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { settle } from './settle.js';

const document = JSON.parse(await readFile('openapi.json', 'utf8')) as OpenAPI3;
// only the schemas: the paths of the calls are in the client's code
const types = await openapiTS(
  { ...document, paths: {} },
  { rootTypes: true, rootTypesNoSchemaPrefix: true, rootTypesKeepCasing: true, defaultNonNullable: false },
);
const text = `// Made from openapi.json: npm run client:types\n${astToString(types)}`;
await settle('apps/client/src/wire.ts', text, 'npm run client:types');
