import fs from 'node:fs/promises';
import path from 'node:path';
import { newSecret } from '@scan-login/nest/common';

/**
 * Reads a file; makes it first where it is missing or empty. The file appears complete or not at all. When several
 * processes make it at once, the first one wins, and all read its content.
 */
export async function keptFile(file: string, make: () => string): Promise<{ text: string; isNew: boolean }> {
  const kept = await readIfThere(file);
  if (kept) return { text: kept, isNew: false };
  await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const made = `${file}.${newSecret()}`;
  await fs.writeFile(made, make(), { mode: 0o600 });
  let isNew = true;
  try {
    if (kept === '') await fs.rename(made, file);
    else await fs.link(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    isNew = false;
  } finally {
    await fs.rm(made, { force: true });
  }
  return { text: await fs.readFile(file, 'utf8'), isNew };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
