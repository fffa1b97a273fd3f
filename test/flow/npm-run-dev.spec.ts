import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';

/** Compilers and Vite, on a machine that runs other tests meanwhile. */
const WITHIN_MS = 180_000;

/** The sources as git has them, and what was built of them, so that only changes are built again. */
async function copyOfTheRepository(): Promise<string> {
  const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-dev-')));
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  const workspaces = (await fs.readdir('apps')).map((name) => `apps/${name}`);
  const built = ['.', 'libs', ...workspaces].map((name) => path.join(name, 'dist')).filter((name) => existsSync(name));
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

describe('npm run dev', () => {
  it(
    'builds what changes, starts the server again, and leaves no process behind after Ctrl-C',
    async () => {
      const folder = await copyOfTheRepository();
      const env = {
        ...process.env,
        NODE_ENV: undefined,
        PORT: String(await freePort()),
        DATA_DIR: path.join(folder, 'data'),
      };
      const dev = spawn('npm', ['run', 'dev'], { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = once(dev, 'close');
      const signal = (name: NodeJS.Signals | 0) => process.kill(-dev.pid!, name);
      onTestFinished(() => void (dev.exitCode ?? dev.signalCode ?? signal('SIGKILL')));
      let output = '';
      for (const stream of [dev.stdout, dev.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
      const isTold = (text: string, times = 1) =>
        expect
          .poll(() => output.split(text).length - 1, { timeout: WITHIN_MS })
          .toBeGreaterThanOrEqual(times)
          .catch((error: unknown) => {
            throw new Error(`not told ${times} times: ${text}\n${output}`, { cause: error });
          });
      const add = (file: string, text: string) => fs.appendFile(path.join(folder, file), `\nconsole.log('${text}');\n`);

      await isTold('"event":"server.listening"');
      await isTold('Watching for file changes', 3);

      await add('libs/qr/src/index.ts', 'a changed lib');
      await isTold('a changed lib');
      await isTold('"event":"server.listening"', 2);

      await add('apps/server/src/main.ts', 'a changed server');
      await isTold('a changed server');

      await add('apps/web/src/screen/main.ts', 'a changed page');
      await expect
        .poll(async () => (await fetch(`http://127.0.0.1:${env.PORT}/`)).text().then(scriptsOf(env.PORT)), {
          timeout: WITHIN_MS,
        })
        .toContain('a changed page');

      signal('SIGINT');
      await ended;
      expect(output).toContain('"event":"server.stopped"');
      expect(() => signal(0)).toThrow('ESRCH');
    },
    4 * WITHIN_MS,
  );
});

/** All scripts that a page loads. */
const scriptsOf = (port: string) => async (page: string) => {
  const addresses = [...page.matchAll(/src="(\/assets\/[^"]+\.js)"/g)].map(([, address]) => address!);
  const responses = await Promise.all(addresses.map((address) => fetch(`http://127.0.0.1:${port}${address}`)));
  return (await Promise.all(responses.map((response) => response.text()))).join('\n');
};
