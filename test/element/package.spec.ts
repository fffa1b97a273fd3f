import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const MODULES = path.resolve('node_modules');
const COMPILER_OPTIONS = {
  target: 'es2022',
  lib: ['es2022', 'dom', 'dom.iterable'],
  types: [],
  module: 'esnext',
  moduleResolution: 'bundler',
  jsx: 'react-jsx',
  skipLibCheck: true,
  strict: true,
  noEmit: true,
};

interface Manifest {
  modules: {
    path: string;
    declarations: Record<'attributes' | 'events' | 'members', { name: string }[]>[];
    exports: { kind: string; name: string }[];
  }[];
}

function names(list: { name: string }[]): string[] {
  return list.map(({ name }) => name).toSorted();
}

describe('the package @scan-login/element', () => {
  let folder: string;
  let element: string;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-element-'));
    element = path.join(folder, 'node_modules/@scan-login/element');
    await unpack('apps/web', element);
    await unpack('apps/client', path.join(folder, 'node_modules/@scan-login/client'));
    await fs.symlink(path.join(MODULES, 'lit-html'), path.join(folder, 'node_modules/lit-html'));
    await fs.writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  });
  afterAll(() => fs.rm(folder, { recursive: true, force: true }));

  async function unpack(workspace: string, to: string): Promise<void> {
    await fs.mkdir(to, { recursive: true });
    const options = { cwd: path.resolve(workspace) };
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], options);
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    await run('tar', ['-xzf', path.join(folder, filename), '-C', to, '--strip-components=1']);
  }

  /** @returns the errors of the compiler for these files, in a project of their own */
  async function compile(
    files: Record<string, string>,
    types: Record<string, string> = {},
    options = {},
  ): Promise<string> {
    const project = await fs.mkdtemp(path.join(folder, 'project-'));
    for (const [name, text] of Object.entries(files)) await fs.writeFile(path.join(project, name), text);
    for (const [name, from] of Object.entries(types)) {
      const target = path.join(folder, 'node_modules', name);
      await fs.mkdir(path.dirname(target), { recursive: true });
      await fs.rm(target, { force: true });
      await fs.symlink(path.join(MODULES, from), target);
    }
    const config = { compilerOptions: { ...COMPILER_OPTIONS, ...options }, files: Object.keys(files) };
    await fs.writeFile(path.join(project, 'tsconfig.json'), JSON.stringify(config));
    const tsc = path.join(MODULES, 'typescript/bin/tsc');
    return run(process.execPath, [tsc, '-p', project]).then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
  }

  it('has the built element with its types and its manifest, README and licence, and none of the pages', async () => {
    expect((await fs.readdir(element)).toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    expect((await fs.readdir(path.join(element, 'dist'))).toSorted()).toEqual([
      'common',
      'component',
      'custom-elements.json',
      'package',
    ]);
  });

  it('is laid out as publint wants it', async () => {
    const { messages } = await publint({ pkgDir: element, strict: true });
    expect(messages).toEqual([]);
  });

  it.each(['', '/react', '/vue'])('can be imported on a server, where it registers nothing: %s', async (entry) => {
    const program = `
      const { QrLogin } = await import('@scan-login/element${entry}');
      console.log(typeof QrLogin, typeof HTMLElement, typeof customElements);
    `;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
    expect(stdout).toBe('function undefined undefined\n');
  });

  it('has types for the element, its properties and its events, and no error in its declarations', async () => {
    const plain = `
      import type { QrLogin } from '@scan-login/element';
      const login: QrLogin = document.querySelector('qr-login')!;
      login.baseUrl = 'https://login.example.org';
      login.bound = true;
      login.start();
      login.addEventListener('login', ({ detail }) => detail.tokens.accessToken.length + detail.deviceId.length);
      login.addEventListener('expired', ({ detail }) => detail.renewing === true);
      login.addEventListener('click', (event) => event.preventDefault());
      // @ts-expect-error
      login.addEventListener('login', ({ detail }) => detail.token);
      // @ts-expect-error
      login.bound = 'yes';
    `;
    expect(await compile({ 'plain.ts': plain }, {}, { skipLibCheck: false })).toBe('');
  });

  const JSX = `
    import { QrLogin, type QrLoginEventMap } from '@scan-login/element/react';
    import { useRef } from 'react';
    export function SignIn({ done }: { done: (detail: QrLoginEventMap['login']['detail']) => void }) {
      const login = useRef<QrLogin>(null);
      return <qr-login ref={login} base-url="https://login.example.org" bound className="x" slot="y"
        onlogin={(event) => done(event.detail)} onClick={() => login.current?.start()} />;
    }
    // @ts-expect-error
    export const never = <qr-login confirm-account="sometimes" />;
    // @ts-expect-error
    export const unknown = <qr-login onlogin={(event) => event.detail.token} />;
  `;
  it.each([
    ['18', '@types/react-18'],
    ['19', '@types/react'],
  ])('has types for the JSX of React %s', async (_version, types) => {
    expect(await compile({ 'sign-in.tsx': JSX }, { '@types/react': types })).toBe('');
  });

  it('has types for the templates of Vue', async () => {
    const vue = `
      import '@scan-login/element/vue';
      import type { GlobalComponents } from 'vue';
      type Props = InstanceType<GlobalComponents['qr-login']>['$props'];
      export const props: Props = {
        baseUrl: 'https://login.example.org',
        refreshCookie: true,
        class: 'x',
        onLogin: ({ detail }) => void detail.tokens.account.displayName,
      };
      // @ts-expect-error
      export const unknown: Props = { confirmAccount: 'sometimes' };
    `;
    expect(await compile({ 'vue.ts': vue }, { vue: 'vue' })).toBe('');
  });

  it('has a README with the code of the examples, which are built and run from the packed packages', async () => {
    const readme = await fs.readFile(path.join(element, 'README.md'), 'utf8');
    for (const [language, example] of [
      ['js', 'plain/src/main.js'],
      ['tsx', 'react/src/App.tsx'],
      ['vue', 'vue/src/App.vue'],
    ]) {
      const text = await fs.readFile(path.resolve('apps/web/examples', example!), 'utf8');
      expect(readme).toContain(`\`\`\`${language}\n${text}\`\`\``);
    }
  });

  it('has a manifest with the attributes and events that its README documents', async () => {
    const readme = await fs.readFile(path.join(element, 'README.md'), 'utf8');
    const table = (head: string) => {
      const [, rows] = new RegExp(`\\| ${head} .*\\n\\|[-| ]+\\n((?:\\|.*\\n)+)`).exec(readme)!;
      return [...rows!.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name!).toSorted();
    };
    const manifest = JSON.parse(await fs.readFile(path.join(element, 'dist/custom-elements.json'), 'utf8')) as Manifest;
    const [{ attributes, events, members }] = manifest.modules[0]!.declarations as [
      Manifest['modules'][0]['declarations'][0],
    ];
    expect(names(attributes)).toEqual(table('attribute'));
    expect(names(events)).toEqual(table('event'));
    expect(names(members)).toEqual([
      'baseUrl',
      'bound',
      'confirmAccount',
      'deviceName',
      'passkey',
      'refreshCookie',
      'start',
    ]);
    for (const { path: file } of manifest.modules) await fs.access(path.join(element, file));
    expect(manifest.modules.flatMap((module) => module.exports)).toContainEqual(
      expect.objectContaining({ kind: 'custom-element-definition', name: 'qr-login' }),
    );
  });
});
