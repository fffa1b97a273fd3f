import fs from 'node:fs/promises';
import path from 'node:path';
import { newSecret } from '@scan-login/nest/common';
import type { Config } from '../../config.js';
import { WEB_ROOT } from '../../installation.js';
import { reasonOf } from '../explain.js';
import { fail, type Finding, ok, warn } from './check.js';

const PAGES = ['screen.html', 'phone.html', 'assets'];

export async function checkPages(): Promise<Finding> {
  const found = await fs.readdir(WEB_ROOT).catch((): string[] => []);
  const missing = PAGES.filter((name) => !found.includes(name));
  if (missing.length === 0) return ok(`The pages are in ${WEB_ROOT}`);
  const message = `${missing.join(', ')} not found in ${WEB_ROOT}: the API works, the pages and <qr-login> do not`;
  return warn(message, 'Run "npm run build" in the clone, or install the package again');
}

/** Tried by writing: permissions are not all that may stand in the way. */
export async function checkDataDirectory({ DATA_DIR, DATABASE_URL, APP_SECRET }: Config): Promise<Finding> {
  if (DATABASE_URL && APP_SECRET) return ok('Not needed: DATABASE_URL and APP_SECRET are set');
  const directory = path.resolve(DATA_DIR);
  const trial = path.join(directory, `.doctor-${newSecret()}`);
  try {
    const made = await fs.mkdir(directory, { recursive: true, mode: 0o700 });
    await fs.writeFile(trial, '', { mode: 0o600 });
    await fs.rm(trial);
    if (made) await fs.rmdir(directory); // the server makes it when it needs it
    return ok(`${directory} can be written`);
  } catch (error) {
    const advice = 'Set DATA_DIR to a directory that this user may write, or set DATABASE_URL and APP_SECRET';
    return fail(`${directory} cannot be written: ${reasonOf(error)}`, advice);
  }
}
