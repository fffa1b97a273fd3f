import fs from 'node:fs/promises';
import path from 'node:path';
import { newSecret } from '#libs/common';
import type { Config } from './config.js';

/** The configured secret; for trying things out, one that is made once and kept in DATA_DIR. */
export async function findAppSecret({ APP_SECRET, DATA_DIR }: Config): Promise<string> {
  if (APP_SECRET) return APP_SECRET;
  const file = path.join(DATA_DIR, 'app-secret');
  await fs.mkdir(DATA_DIR, { recursive: true, mode: 0o700 });
  try {
    await fs.writeFile(file, newSecret(), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return fs.readFile(file, 'utf8');
}
