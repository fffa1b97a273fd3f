import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { copyOfTheRepository } from '../support/copy-of-the-repository.js';

/** Compilers and Vite, on a machine that runs other tests meanwhile. */
const WITHIN_MS = 300_000;

describe('npm run build', () => {
  it(
    'builds nothing twice, and whatever is made of a source that has changed or of a file that is gone',
    async () => {
      const folder = await copyOfTheRepository();
      const build = async () => {
        const { stdout } = await promisify(execFile)('npm', ['run', 'build'], {
          cwd: folder,
          env: { ...process.env, NODE_ENV: undefined, CI: undefined },
        });
        return Number(/Ran (\d+) script/.exec(stdout)?.[1]);
      };
      const at = (file: string) => path.join(folder, file);
      const add = (file: string, text: string) => fs.appendFile(at(file), `\nconsole.log('${text}');\n`);
      const read = (file: string) => fs.readFile(at(file), 'utf8');

      await build();
      expect(await build()).toBe(0);

      await add('libs/qr/src/index.ts', 'a changed lib');
      // the lib, the server that imports it, and the package; no pages
      expect(await build()).toBe(3);
      expect(await read('libs/dist/qr/src/index.js')).toContain('a changed lib');

      await add('apps/server/src/main.ts', 'a changed server');
      await add('apps/web/src/component/index.ts', 'a changed element');
      await add('apps/client/src/index.ts', 'a changed client');
      await build();
      for (const copy of ['dist/apps/server/src/main.js', 'apps/server/dist/src/main.js']) {
        expect(await read(copy)).toContain('a changed server');
      }
      for (const copy of ['dist/web', 'apps/server/dist/web']) {
        expect(await read(`${copy}/assets/qr-login.js`)).toContain('a changed element');
      }
      expect(await read('apps/client/dist/index.js')).toContain('a changed client');

      await fs.rm(at('dist/apps/server/src/main.js'));
      await build();
      expect(await read('dist/apps/server/src/main.js')).toContain('a changed server');
      expect(await build()).toBe(0);
    },
    WITHIN_MS,
  );
});
