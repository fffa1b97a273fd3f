import path from 'node:path';
import { newSecret } from '@scan-login/nest/common';
import type { Config } from './config.js';
import { keptFile } from './kept-file.js';

/** File name in DATA_DIR. */
export const SECRET_FILE = 'app-secret';

/** The configured secret. Without one, a secret is generated once and kept in DATA_DIR. */
export async function findAppSecret({ APP_SECRET, DATA_DIR }: Config): Promise<string> {
  return APP_SECRET || (await keptFile(path.join(DATA_DIR, SECRET_FILE), newSecret)).text;
}
