import fs from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The folder of the pages, found from the sources and from the build alike. */
export const WEB_ROOT = path.join(packageRoot(import.meta.dirname), 'apps/web');

/** Scripts, styles and pictures of the pages. */
export async function serveAssets(app: NestFastifyApplication): Promise<void> {
  await app.register(fastifyStatic as never, { root: path.join(WEB_ROOT, 'assets'), prefix: '/assets/' } as never);
}

function packageRoot(from: string): string {
  return fs.existsSync(path.join(from, 'package.json')) ? from : packageRoot(path.dirname(from));
}
