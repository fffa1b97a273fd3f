import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { copyOfTheRepository } from '../support/copy-of-the-repository.js';
import { freePort } from '../support/free-port.js';

/** Compilers and Vite, on a machine that runs other tests meanwhile. */
const WITHIN_MS = 180_000;

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
