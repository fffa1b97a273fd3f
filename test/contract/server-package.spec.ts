import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { call } from '../support/http.js';
import { startServerProcess } from '../support/server-process.js';

const run = promisify(execFile);

describe('the package scan-login', () => {
  let folder: string;
  let home: string;
  let installed: string;
  /** Packed, and unpacked where npm would put it, with its listed dependencies and no others. */
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-package-'));
    [home, installed] = [path.join(folder, 'home'), path.join(folder, 'node_modules/scan-login')];
    await Promise.all([home, installed].map((place) => fs.mkdir(place, { recursive: true })));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: 'apps/server' });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    await run('tar', ['-xzf', path.join(folder, filename), '--strip-components=1', '-C', installed]);
    const manifest = JSON.parse(await fs.readFile(path.join(installed, 'package.json'), 'utf8'));
    for (const name of Object.keys(manifest.dependencies)) {
      const link = path.join(folder, 'node_modules', name);
      await fs.mkdir(path.dirname(link), { recursive: true });
      await fs.symlink(path.resolve('node_modules', name), link);
    }
  });
  afterAll(() => fs.rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  const main = () => path.join(installed, 'bin/scan-login.cjs');

  it('is laid out as publint wants it, with licence, README and openapi.json', async () => {
    const { messages } = await publint({ pkgDir: installed, strict: true });
    expect(messages).toEqual([]);
    expect(await fs.readdir(installed)).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'package.json']);
    const document = JSON.parse(await fs.readFile(path.join(installed, 'dist/openapi.json'), 'utf8'));
    expect(document).toEqual(JSON.parse(await fs.readFile('openapi.json', 'utf8')));
  });

  it('serves its pages, with its data in the directory of the user that --help names, wherever it is run', async () => {
    const environment = { HOME: home, PATH: process.env['PATH']! };
    const { stdout: help } = await run(process.execPath, [main(), '--help'], { cwd: folder, env: environment });
    const [, directory] = /DATA_DIR .*\((.*)\)$/m.exec(help)!;
    expect(directory!.startsWith(home)).toBe(true);

    const server = await startServerProcess(environment, { main: main(), cwd: folder });
    onTestFinished(() => void server.stop('SIGKILL'));
    expect((await call('GET', `${server.url}/`)).body).toContain('<html');
    expect((await call('GET', `${server.url}/assets/qr-login.js`)).status).toBe(200);
    expect(await fs.readdir(directory!)).toEqual(expect.arrayContaining(['app-secret', 'postgres']));
    expect(await fs.readdir(folder)).not.toContain('.data');
    expect(server.output()).not.toContain('npm run'); // that is the hint for a clone
    expect(await server.stop()).toBe(0);
  });

  it('is what npx runs in a clone', async () => {
    const { stdout } = await run('npx', ['--offline', 'scan-login', '--version']);
    const { version } = JSON.parse(await fs.readFile('apps/server/package.json', 'utf8')) as { version: string };
    expect(stdout).toBe(`${version}\n`);
  });
});
