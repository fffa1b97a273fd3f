import fs from 'node:fs/promises';
import path from 'node:path';
import { newSecret, Problem } from '@scan-login/nest/common';
import type { PasswordAccounts } from '@scan-login/nest/password-accounts';
import { keptFile } from './kept-file.js';

export interface DemoAccount {
  username: string;
  /** Unknown when the account was made by a server with another DATA_DIR. */
  password?: string;
}

const DEMO_FILE = 'demo-account.json';
const USERNAME = 'demo';

/** Makes an account for trying things out at the first start. Its random password is kept in DATA_DIR. */
export async function ensureDemoAccount(accounts: PasswordAccounts, directory: string): Promise<DemoAccount> {
  const file = path.join(directory, DEMO_FILE);
  // written before it is used: a kill in between must not leave an account with an unknown password
  const { text, isNew } = await keptFile(file, newDemo);
  const demo = JSON.parse(text) as { username: string; password: string };
  try {
    await accounts.register({ ...demo, displayName: 'Demo' });
    return demo;
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'username_taken')) throw error;
    // a server that starts at the same time reads the same file; one with another DATA_DIR does not
    if (!isNew || (await accounts.verify(demo.username, demo.password))) return demo;
    await fs.rm(file);
    return { username: USERNAME };
  }
}

function newDemo(): string {
  return `${JSON.stringify({ username: USERNAME, password: newSecret().slice(0, 16) }, undefined, 2)}\n`;
}
