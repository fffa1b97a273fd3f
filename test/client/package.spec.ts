import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, register } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';

const run = promisify(execFile);
const CLIENT = path.resolve('apps/client');
const TSC = path.resolve('node_modules/typescript/bin/tsc');

/** The snippets of the README in one login, as a developer's program. */
const LOGIN = `
import { signIn } from './screen.js';
import { confirm } from './phone.js';
import { keep } from './own-session.js';
import { reactNative } from './react-native.js';

const values = new Map();
const asyncStorage = {
  getItem: async (key) => values.get(key) ?? null,
  setItem: async (key, value) => void values.set(key, value),
  removeItem: async (key) => void values.delete(key),
};
const { storage, visibility } = reactNative({ currentState: 'active', addEventListener: () => ({ remove() {} }) }, asyncStorage);
visibility.onChange(() => {})();
const signedIn = await signIn((text) => {
  console.log(text);
  const [link] = /https?:\\S+/.exec(text) ?? [];
  if (link) void confirm(process.env.USERNAME, process.env.PASSWORD, link);
});
const own = await keep(signedIn, storage, () => {});
await own.signOut();
console.log([...values.keys()].join());
`;

/** What a bare platform lacks: window, document, and what Node could provide instead. */
const BARE = `
const names = ['fetch', 'performance', 'navigator', 'crypto', 'setTimeout', 'clearTimeout', 'TextDecoder', 'TextEncoder',
  'AbortController', 'addEventListener', 'document', 'window', 'indexedDB', 'localStorage', 'location'];
for (const name of names) {
  Object.defineProperty(globalThis, name, { configurable: true, get: () => { throw new Error(name + ' is touched'); } });
}
const client = await import('@scan-login/client');
process.stdout.write(Object.keys(client).join(' ') + '\\n');
process.exit(0);
`;

describe('the package @scan-login/client', () => {
  let app: RunningApp;
  let folder: string;
  beforeAll(async () => {
    app = await startApp();
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-client-'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: CLIENT });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    await fs.writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    await run('npm', ['install', `./${filename}`, '--offline', '--no-audit', '--no-fund'], { cwd: folder });
  });
  afterAll(async () => {
    await app.close();
    await fs.rm(folder, { recursive: true, force: true });
  });

  it('is installed without a registry, because it depends on nothing', async () => {
    expect(await fs.readdir(path.join(folder, 'node_modules'))).toEqual(['.package-lock.json', '@scan-login']);
    expect(await fs.readdir(path.join(folder, 'node_modules/@scan-login/client'))).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'package.json']),
    );
  });

  it('signs in with the snippets of its README, compiled without the types of Node, by plain node', async () => {
    const readme = await fs.readFile(path.join(CLIENT, 'README.md'), 'utf8');
    const snippets = [...readme.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)];
    expect(snippets.map(([, name]) => name)).toEqual(['screen.ts', 'own-session.ts', 'phone.ts', 'react-native.ts']);
    expect(readme.match(/```ts/g)).toHaveLength(snippets.length);
    for (const [, name, text] of snippets) {
      await fs.writeFile(path.join(folder, name!), text!.replaceAll('https://login.example.org', app.url));
    }
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
      module: 'nodenext',
      strict: true,
      // our own declarations are checked too
      skipLibCheck: false,
    };
    await fs.writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    await run(process.execPath, [TSC, '-p', folder]).catch((error: { stdout: string }) => {
      throw new Error(error.stdout);
    });
    await fs.writeFile(path.join(folder, 'login.js'), LOGIN);
    const env = { ...process.env, USERNAME: await register(app.url), PASSWORD };
    const { stdout } = await run(process.execPath, ['login.js'], { cwd: folder, env });
    expect(stdout).toContain('asks to be signed in');
    expect(stdout).toContain('Scanned by Ada Lovelace. Number: none');
    expect(stdout).toContain('Signed in as Ada Lovelace, on 1 device(s)');
    expect(stdout).toMatch(/scan-login\.device\n$/);
  });

  it('touches nothing of the platform when it is imported', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', BARE], { cwd: folder });
    expect(stdout.trim().split(' ')).toEqual([
      'ScanLoginError',
      'deviceKey',
      'phone',
      'retry',
      'screenLogin',
      'session',
      'signInWithPasskey',
      'ticketIn',
      'ticketLink',
    ]);
  });

  it('is laid out as publint wants it', async () => {
    const { messages } = await publint({ pkgDir: path.join(folder, 'node_modules/@scan-login/client'), strict: true });
    expect(messages).toEqual([]);
  });
});
