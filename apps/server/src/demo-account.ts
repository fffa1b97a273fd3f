import fs from 'node:fs/promises';
import path from 'node:path';
import { newSecret, Problem } from '#libs/common';
import type { PasswordAccounts } from '#libs/device-auth';

export interface DemoAccount {
  username: string;
  /** Unknown when the account was made by a server with another DATA_DIR. */
  password?: string;
  isNew: boolean;
}

export const DEMO_FILE = 'demo-account.json';
const USERNAME = 'demo';

/** An account to try things out with: made at the first start with a random password, which is kept in DATA_DIR. */
export async function ensureDemoAccount(accounts: PasswordAccounts, directory: string): Promise<DemoAccount> {
  const file = path.join(directory, DEMO_FILE);
  const kept = await read(file);
  const demo = kept ?? { username: USERNAME, password: newSecret().slice(0, 16) };
  if (!kept) {
    // kept before it is used: a kill in between must not leave an account whose password nobody knows
    await fs.mkdir(directory, { recursive: true, mode: 0o700 });
    await fs.writeFile(file, `${JSON.stringify(demo, undefined, 2)}\n`, { mode: 0o600 });
  }
  try {
    await accounts.register({ ...demo, displayName: 'Demo' });
    return { ...demo, isNew: true };
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'username_taken')) throw error;
    if (kept) return { ...kept, isNew: false };
    await fs.rm(file);
    return { username: USERNAME, isNew: false };
  }
}

async function read(file: string): Promise<{ username: string; password: string } | undefined> {
  try {
    return JSON.parse(await fs.readFile(file, 'utf8')) as { username: string; password: string };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
