import fs from 'node:fs/promises';
import path from 'node:path';
import { newSecret } from '@scan-login/nest/common';
import type { Config } from '../../config.js';
import { WEB_ROOT } from '../../installation.js';
import { reasonOf } from '../../reason-of.js';
import { fail, type Finding, ok, warn } from './check.js';

const PAGES = ['screen.html', 'phone.html', 'not-found.html', 'assets'];

export async function checkPages(): Promise<Finding> {
  const found = await fs.readdir(WEB_ROOT).catch((): string[] => []);
  const missing = PAGES.filter((name) => !found.includes(name));
  if (missing.length === 0) return ok(`The pages are in ${WEB_ROOT}`);
  const message = `${missing.join(', ')} not found in ${WEB_ROOT}: the API works, but the pages and <qr-login> do not`;
  return warn(message, 'Run "npm run build" in the clone, or install the package again');
}

/** Checks by writing a file, because more than permissions can prevent writing. */
export async function checkDataDirectory({ DATA_DIR, DATABASE_URL, APP_SECRET }: Config): Promise<Finding> {
  if (DATABASE_URL && APP_SECRET) return ok('Not needed: DATABASE_URL and APP_SECRET are set');
  const directory = path.resolve(DATA_DIR);
  const probe = path.join(directory, `.doctor-${newSecret()}`);
  try {
    const made = await fs.mkdir(directory, { recursive: true, mode: 0o700 });
    await fs.writeFile(probe, '', { mode: 0o600 });
    await fs.rm(probe);
    if (made) await fs.rmdir(directory); // the server creates it when it needs it
    return ok(`${directory} is writable`);
  } catch (error) {
    const advice = 'Set DATA_DIR to a directory that this user can write to, or set DATABASE_URL and APP_SECRET';
    return fail(`${directory} is not writable: ${reasonOf(error)}`, advice);
  }
}
