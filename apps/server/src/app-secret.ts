import fs from 'node:fs/promises';
import path from 'node:path';
import { newSecret } from '#libs/common';
import type { Config } from './config.js';

/** The configured secret; for trying things out, one that is made once and kept in DATA_DIR. */
export async function findAppSecret({ APP_SECRET, DATA_DIR }: Config): Promise<string> {
  if (APP_SECRET) return APP_SECRET;
  const file = path.join(DATA_DIR, 'app-secret');
  const kept = await readIfThere(file);
  if (kept) return kept;
  await fs.mkdir(DATA_DIR, { recursive: true, mode: 0o700 });
  // written beside it and then put in place, whole or not at all; of several that start at once, the first one's counts
  const made = `${file}.${newSecret()}`;
  await fs.writeFile(made, newSecret(), { mode: 0o600 });
  try {
    if (kept === '') await fs.rename(made, file);
    else await fs.link(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await fs.rm(made, { force: true });
  }
  return fs.readFile(file, 'utf8');
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
