import fs from 'node:fs/promises';
import path from 'node:path';
import { Failure } from './program.js';

export interface Credentials {
  username: string;
  password: string;
}

/**
 * The account that a server makes for trying things out, from the file that it has written.
 * @throws Failure that says what to do
 */
export async function demoAccount(dataDir: string): Promise<Credentials> {
  const file = path.join(dataDir, 'demo-account.json');
  const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw new Failure(`The demo account in ${file} cannot be read (${error.code}).`);
    throw new Failure(
      `There is no ${file}: a server writes it at its first start. Start it, or say where it keeps its data with --data-dir, or who signs in with --username.`,
    );
  });
  const account = parse(text);
  if (typeof account?.username === 'string' && typeof account.password === 'string') return account as Credentials;
  throw new Failure(`${file} does not name an account: say who signs in with --username.`);
}

function parse(text: string): Partial<Credentials> | undefined {
  try {
    return (JSON.parse(text) as Partial<Credentials> | null) ?? undefined;
  } catch {
    return undefined;
  }
}
