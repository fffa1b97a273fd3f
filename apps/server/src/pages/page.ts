import fs from 'node:fs/promises';
import path from 'node:path';
import { WEB_ROOT } from '../installation.js';

export const HTML = 'text/html; charset=utf-8';
const NOT_BUILT =
  '<!doctype html><title>scan-login</title><p>The pages are not built: <code>npm run build:web</code></p>';

/** A document of the build. */
export async function page(name: string): Promise<string> {
  try {
    return await fs.readFile(path.join(WEB_ROOT, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOT_BUILT;
    throw error;
  }
}
