import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningApp, startApp } from '../support/app.js';

const run = promisify(execFile);

const hasZsh = spawnSync('zsh', ['--version']).status === 0;
if (!hasZsh) {
  process.stderr.write(
    '\n! No zsh was found: that README pastes into it is not tested. On Debian: apt-get install --no-install-recommends zsh\n\n',
  );
  if (process.env['CI']) throw new Error('CI does not leave out the test with zsh');
}

/** Shells as a terminal starts them, but without the settings of their user. They read what is pasted line by line. */
const PASTED: Record<string, string[]> = {
  bash: ['--noprofile', '--norc', '-i', '-s'],
  zsh: ['-f', '-i', '-s'],
};

let server: RunningApp;
beforeAll(async () => {
  server = await startApp({ CONFIRM_CHALLENGE: 'auto' });
});
afterAll(() => server.close());

function expectLogin(stdout: string): void {
  expect(stdout).toContain('"network":"same"');
  expect(stdout).toContain('"code":201');
  expect(stdout).toContain('"code":200');
  // the last call is the screen's own
  expect(stdout).toMatch(/"username":"ada-\d+","displayName":"ada-\d+","avatarUrl":null}$/);
}

describe.each(['README.md', 'README.zh-CN.md'])('%s', (file) => {
  const shellBlocks = async () =>
    [...(await readFile(file, 'utf8')).matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text!);

  const walkThrough = async () => (await shellBlocks()).find((text) => text.startsWith('SERVER='))!;

  it('has a walk-through with curl that really signs a screen in', async () => {
    const env = { ...process.env, SERVER: server.url };
    expectLogin((await run('bash', ['-euc', await walkThrough()], { env })).stdout);
  });

  it.each(hasZsh ? ['bash', 'zsh'] : ['bash'])('has a walk-through that can be pasted into %s', async (shell) => {
    const pasting = run(shell, PASTED[shell], { env: { ...process.env, SERVER: server.url, HISTFILE: '' } });
    pasting.child.stdin!.end(await walkThrough());
    expectLogin((await pasting).stdout);
  });

  it('has no comment in what is to be pasted, because zsh runs comments', async () => {
    for (const text of await shellBlocks()) expect(text).not.toMatch(/(^|\s)#/m);
  });

  it('has no dead link', async () => {
    const links = [...(await readFile(file, 'utf8')).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target!);
    expect(links.length).toBeGreaterThan(3);
    for (const target of links) await expect(run('test', ['-e', target]), target).resolves.toBeTruthy();
  });
});
