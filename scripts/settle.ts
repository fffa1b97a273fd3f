import { readFile, writeFile } from 'node:fs/promises';

/** Writes a generated file; with --check on the command line, fails instead when the committed one differs. */
export async function settle(file: string, text: string, command: string): Promise<void> {
  if (!process.argv.includes('--check')) return writeFile(file, text);
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed === text) return;
  process.stderr.write(`${file} is not what the code says: run \`${command}\`, and commit the file.\n`);
  process.exitCode = 1;
}
