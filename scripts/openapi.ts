// Generates openapi.json. With --check, only compares the committed file.
import pino from 'pino';
import { readConfig } from '../apps/server/src/config.js';
import { createApp } from '../apps/server/src/create-app.js';
import { openDataSource } from '../apps/server/src/database/data-source.js';
import { openApiDocument } from '../apps/server/src/openapi.js';
import { settle } from './settle.js';

const config = readConfig();
const log = pino({ level: 'warn' });
const dataSource = await openDataSource(config.DATABASE_URL!, { pool: 2 }, log);
const app = await createApp(
  { config, dataSource, appSecret: 'a secret for this document alone', publicUrl: () => '' },
  log,
);
await app.init();
const text = `${JSON.stringify(openApiDocument(app), undefined, 2)}\n`;
await app.close();
await settle('openapi.json', text, 'npm run openapi');
