import fs from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { WEB_ROOT } from '../installation.js';

/** Files with a hash or a version in their name, which never change. */
const IMMUTABLE = /-(?!login\.|key\.)[\w-]{8}\.(js|css)$|qr-login-\d[\w.+-]*\.js$/;
/** Files that pages of other origins load. */
const FOR_OTHERS = /(qr-login(-\d[\w.+-]*)?\.js(on)?|device-key\.js|passkey\.js)$/;

interface Response {
  header(name: string, value: string): unknown;
}

/** Serves scripts, styles and images of the pages. Without a build there are none, and only the API works. */
export async function serveAssets(app: NestFastifyApplication): Promise<void> {
  const root = path.join(WEB_ROOT, 'assets');
  if (!fs.existsSync(root)) return;
  const options = { root, prefix: '/assets/', preCompressed: true, cacheControl: false, setHeaders };
  await app.register(fastifyStatic, options);
}

function setHeaders(response: Response, file: string): void {
  const name = file.replace(/\.(gz|br)$/, '');
  response.header('Cache-Control', IMMUTABLE.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (!FOR_OTHERS.test(name)) return;
  response.header('Access-Control-Allow-Origin', '*');
  response.header('Cross-Origin-Resource-Policy', 'cross-origin');
}
