import fs from 'node:fs/promises';
import path from 'node:path';
import { Failure } from './program.js';

export interface Credentials {
  username: string;
  password: string;
}

/**
 * The demo account of a server, from the file that the server has written.
 * @throws Failure that says what to do
 */
export async function demoAccount(dataDir: string): Promise<Credentials> {
  const file = path.join(dataDir, 'demo-account.json');
  const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw new Failure(`The demo account in ${file} cannot be read (${error.code}).`);
    throw new Failure(
      `There is no ${file}: the server writes it when it first starts. Start the server, give its data directory with --data-dir, or another account with --username.`,
    );
  });
  const account = parse(text);
  if (typeof account?.username === 'string' && typeof account.password === 'string') return account as Credentials;
  throw new Failure(`${file} does not name an account: give one with --username.`);
}

function parse(text: string): Partial<Credentials> | undefined {
  try {
    return (JSON.parse(text) as Partial<Credentials> | null) ?? undefined;
  } catch {
    return undefined;
  }
}
