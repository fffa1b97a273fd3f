import fs from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { WEB_ROOT } from '../installation.js';

/** Their names say what is in them, by a hash or a version, so they never change. */
const IMMUTABLE = /-(?!login\.|key\.)[\w-]{8}\.(js|css)$|qr-login-\d[\w.+-]*\.js$/;
/** What pages of other origins load. */
const FOR_OTHERS = /(qr-login(-\d[\w.+-]*)?\.js(on)?|device-key\.js)$/;

interface Answer {
  header(name: string, value: string): unknown;
}

/** Scripts, styles and pictures of the pages. Without a build there are none, and the API works all the same. */
export async function serveAssets(app: NestFastifyApplication): Promise<void> {
  const root = path.join(WEB_ROOT, 'assets');
  if (!fs.existsSync(root)) return;
  const options = { root, prefix: '/assets/', preCompressed: true, cacheControl: false, setHeaders: headersOf };
  await app.register(fastifyStatic, options);
}

function headersOf(answer: Answer, file: string): void {
  const name = file.replace(/\.(gz|br)$/, '');
  answer.header('Cache-Control', IMMUTABLE.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (!FOR_OTHERS.test(name)) return;
  answer.header('Access-Control-Allow-Origin', '*');
  answer.header('Cross-Origin-Resource-Policy', 'cross-origin');
}
