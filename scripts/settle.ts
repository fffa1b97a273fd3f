import { readFile, writeFile } from 'node:fs/promises';

/**
 * Writes a generated file. With --check on the command line, only compares, and fails if the committed file differs.
 */
export async function settle(file: string, text: string, command: string): Promise<void> {
  if (!process.argv.includes('--check')) return writeFile(file, text);
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed === text) return;
  process.stderr.write(`${file} is out of date: run \`${command}\`, and commit the file.\n`);
  process.exitCode = 1;
}
