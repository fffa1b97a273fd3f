import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Phone, register, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { Authenticator } from '../support/authenticator.js';
import { createDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { call } from '../support/http.js';

const run = promisify(execFile);
const TSC = path.resolve('node_modules/typescript/bin/tsc');
const LIBS = ['qr', 'passkeys', 'device-auth', 'password-accounts', 'token', 'signal', 'migrations', 'common'];
const MAIN = 'libs/README.md';
const PASSWORDS = 'libs/password-accounts/README.md';
const PASSKEYS = 'libs/passkeys/README.md';

/** Applications written as the READMEs say, each in its own folder. */
let home: string;

/** The snippets that name their file, by file name. */
async function snippetsOf(readme: string): Promise<[file: string, text: string][]> {
  const blocks = (await fs.readFile(readme, 'utf8')).matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs);
  return [...blocks].map(([, file, text]) => [file!, text!]);
}

/** Writes the snippets into a folder with what was built, and as little else of the repository as possible. */
async function write(name: string, ...readmes: string[]): Promise<void> {
  const folder = path.join(home, name);
  await fs.mkdir(folder);
  await fs.writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  for (const readme of readmes) {
    for (const [file, text] of await snippetsOf(readme)) await fs.writeFile(path.join(folder, file), text);
  }
}

/** Compiles all at once: the compiler reads the types of Nest and TypeORM for seconds. */
async function compile(): Promise<void> {
  const files = (await fs.readdir(home, { recursive: true })).filter((file) => /^\w[^/]*\/[^/]+\.ts$/.test(file));
  const options = '--module nodenext --target es2023 --strict --skipLibCheck --types node';
  const decorators = '--experimentalDecorators --emitDecoratorMetadata';
  await run(process.execPath, [TSC, ...`${options} ${decorators}`.split(' '), ...files], { cwd: home });
}

const withoutComments = (text: string) => text.replaceAll(/ *\/\/.*/g, '');

const running: ChildProcess[] = [];

/** @returns the address it listens on */
async function start(application: string, main: string): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = { PORT: String(port), PUBLIC_URL: url, SECRET: 'a secret of this application alone' };
  const child = spawn(process.execPath, [main], {
    cwd: path.join(home, application),
    env: { ...process.env, ...settings, DATABASE_URL: await createDatabase({ migrated: false }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('successfully started')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => reject(new Error(said)));
  });
  // Nest logs this once it is initialized, a moment before it listens
  await expect
    .poll(() =>
      call('GET', url).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(404);
  return url;
}

/** A folder with the package and all others but these. */
async function without(...missing: string[]): Promise<string> {
  // not inside the other one, where all packages can be resolved
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-without-'));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  const modules = path.join(folder, 'node_modules');
  await fs.mkdir(path.join(modules, '@scan-login'), { recursive: true });
  const nest = path.join(modules, '@scan-login/nest');
  await fs.cp('libs/dist', path.join(nest, 'dist'), { recursive: true });
  await fs.copyFile('libs/package.json', path.join(nest, 'package.json'));
  // its dependencies that the rest of the repository has in another version
  const own = await fs.readdir('libs/node_modules').catch(() => []);
  for (const name of own.filter((each) => !missing.includes(each)))
    await fs.cp(path.join('libs/node_modules', name), path.join(nest, 'node_modules', name), { recursive: true });
  for (const name of await fs.readdir('node_modules')) {
    if (name.startsWith('.') || name === '@scan-login' || missing.includes(name)) continue;
    const isScope = name.startsWith('@') && missing.some((each) => each.startsWith(`${name}/`));
    if (!isScope) await fs.symlink(path.resolve('node_modules', name), path.join(modules, name));
  }
  return folder;
}

const importing = (folder: string, text: string) =>
  run(process.execPath, ['--input-type=module', '-e', text], { cwd: folder });

beforeAll(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-readmes-'));
  await fs.symlink(path.resolve('node_modules'), path.join(home, 'node_modules'));
  await write('main', MAIN);
  await write('passwords', MAIN, PASSWORDS);
  await write('passkeys-too', MAIN, PASSKEYS);
  for (const lib of LIBS) await write(lib, `libs/${lib}/README.md`);
  await compile();
});
afterAll(async () => {
  for (const child of running) {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await fs.rm(home, { recursive: true });
});

describe('the README of @scan-login/nest', () => {
  it.each([
    ['Express, under its prefix', 'main.js', '/api', '/api/v1/orders'],
    ['Fastify', 'main.fastify.js', '', '/orders'],
  ])('has an application on %s that signs a screen in and protects its own route', async (_on, main, api, orders) => {
    const origin = await start('main', main);
    const phone = new Phone(origin + api, 'grace');
    expect((await phone.signIn()).status).toBe(201);
    const screen = await signedInScreen(origin + api, phone);
    const headers = { authorization: `Bearer ${screen.tokens!.accessToken}`, 'x-device-id': screen.id };
    expect(await call('GET', origin + orders, { headers })).toMatchObject({ status: 200, body: { of: '7' } });
    expect((await call('GET', origin + orders)).body).toMatchObject({ code: 'token_invalid' });
  });

  it.each(['README.md', 'README.zh-CN.md'])('has the same application as %s', async (readme) => {
    const [, inFirst] = (await snippetsOf(readme)).find(([file]) => file === 'app.module.ts')!;
    const [, inMain] = (await snippetsOf(MAIN)).find(([file]) => file === 'app.module.ts')!;
    expect(withoutComments(inFirst)).toBe(withoutComments(inMain));
  });
});

describe('the README of each module', () => {
  it('has snippets that compile as they are', async () => {
    for (const lib of LIBS) {
      const compiled = (await fs.readdir(path.join(home, lib))).filter((file) => file.endsWith('.js'));
      expect(compiled.length, lib).toBeGreaterThan(0);
    }
  });

  it('has, for accounts with passwords, an application that makes one and signs it in', async () => {
    const origin = await start('passwords', 'main.fastify.js');
    const phone = await signedInPhone(origin, await register(origin));
    expect((await signedInScreen(origin, phone)).tokens!.account.displayName).toBe('Ada Lovelace');
  });
});

describe('the README of passkeys', () => {
  it('has an application whose phones add a passkey, and confirm with it', async () => {
    const origin = await start('passkeys-too', 'main.fastify.js');
    const phone = await signedInPhone(origin, await register(origin));
    const authenticator = new Authenticator(origin);
    const credential = authenticator.create((await phone.as('POST', '/v1/passkeys/options')).body);
    expect((await phone.as('POST', '/v1/passkeys', { credential })).status).toBe(201);
    const screen = new Screen(origin);
    await screen.open();
    const { scanToken, verification } = (await phone.scan(screen)).body;
    const assertion = authenticator.get(verification);
    const { number } = (await screen.poll('pending')).body;
    const confirmed = await phone.as('POST', `/v1/tickets/${screen.uuid}/confirm`, { scanToken, assertion, number });
    expect(confirmed.status).toBe(204);
  });
});

describe('the package @scan-login/nest', () => {
  it('needs none of its optional packages unless their feature is used, and then names the missing one', async () => {
    const folder = await without(
      'redis',
      'unhomoglyph',
      '@node-rs/argon2',
      '@zxcvbn-ts/language-common',
      '@simplewebauthn/server',
    );
    const entries = LIBS.filter((lib) => !['password-accounts', 'passkeys'].includes(lib)).map(
      (lib) => `@scan-login/nest/${lib}`,
    );
    const { stdout } = await importing(
      folder,
      `for (const entry of ${JSON.stringify(entries)}) await import(entry); console.log('loaded')`,
    );
    expect(stdout).toBe('loaded\n');
    await expect(importing(folder, `await import('@scan-login/nest/password-accounts')`)).rejects.toThrow(
      /Cannot find package '(unhomoglyph|@node-rs\/argon2|@zxcvbn-ts\/language-common)'/,
    );
    await expect(importing(folder, `await import('@scan-login/nest/passkeys')`)).rejects.toThrow(
      `Cannot find package '@simplewebauthn/server'`,
    );
    const options = `{ kind: 'redis', url: 'redis://127.0.0.1:1', secret: '${'x'.repeat(32)}' }`;
    const withRedis = `
      import { NestFactory } from '@nestjs/core';
      import { SignalModule } from '@scan-login/nest/signal';
      const module = SignalModule.forRoot(${options});
      await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });`;
    await expect(importing(folder, withRedis)).rejects.toThrow(
      'SignalModule with `kind: "redis"` needs the package redis: npm install redis@6',
    );
  });

  it('is packed with its build, its sources, its licence and its READMEs, and without anything else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: 'libs' });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const paths = files.map((file) => file.path);
    const readmes = ['README.md', ...LIBS.map((lib) => `${lib}/README.md`)];
    const entries = LIBS.flatMap((lib) => [
      `${lib}/src/index.ts`,
      `dist/${lib}/src/index.js`,
      `dist/${lib}/src/index.d.ts`,
    ]);
    expect(['LICENSE', 'package.json', ...readmes, ...entries].filter((file) => !paths.includes(file))).toEqual([]);
    const kinds =
      /^(LICENSE|package\.json|([\w-]+\/)?README\.md|[\w-]+\/src\/.+\.ts|dist\/[\w-]+\/src\/.+\.(js|d\.ts|js\.map))$/;
    expect(paths.filter((file) => !kinds.test(file))).toEqual([]);
  });

  it('has no error that publint knows', async () => {
    expect((await publint({ pkgDir: 'libs', strict: true })).messages).toEqual([]);
  });
});
