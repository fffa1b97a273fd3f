import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * The sources as git has them, and what was built of them, so that only changes are built again. Removed after the test.
 */
export async function copyOfTheRepository(): Promise<string> {
  const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-dev-')));
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  const workspaces = (await fs.readdir('apps')).map((name) => `apps/${name}`);
  const dist = ['.', 'libs', ...workspaces].map((name) => path.join(name, 'dist'));
  const built = [...dist, '.wireit'].filter((name) => existsSync(name));
  for (const file of [...listed.split('\0').filter(isSource), ...built]) {
    await fs.cp(file, path.join(folder, file), { preserveTimestamps: true, recursive: true });
  }
  await linkModules(folder);
  return folder;
}

const isSource = (file: string) => file !== '' && !/^(test|docs)\//.test(file);

/** The packages are those of the repository, but for the workspaces, which are the copies. */
async function linkModules(folder: string): Promise<void> {
  const modules = path.join(folder, 'node_modules');
  await fs.mkdir(modules);
  for (const entry of await fs.readdir('node_modules', { withFileTypes: true })) {
    const from = path.resolve('node_modules', entry.name);
    const to = path.join(modules, entry.name);
    const isWorkspace = entry.isSymbolicLink() || entry.name === '@scan-login';
    if (isWorkspace) await fs.cp(from, to, { recursive: true, verbatimSymlinks: true });
    else await fs.symlink(from, to);
  }
}
