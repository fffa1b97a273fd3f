import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningApp, startApp } from '../support/app.js';

const run = promisify(execFile);

let server: RunningApp;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

describe.each(['README.md', 'README.zh-CN.md'])('%s', (file) => {
  it('has a walk-through with curl that really signs a screen in', async () => {
    const blocks = (await readFile(file, 'utf8')).matchAll(/```sh\n(.*?)```/gs);
    const walkThrough = [...blocks].map(([, text]) => text!).find((text) => text.startsWith('SERVER='))!;
    const { stdout } = await run('bash', ['-euc', walkThrough], { env: { ...process.env, SERVER: server.url } });
    expect(stdout).toContain('"network":"same"');
    expect(stdout).toContain('"code":201');
    expect(stdout).toContain('"code":200');
    // the last call is the screen's own
    expect(stdout).toMatch(/"username":"ada-\d+","displayName":"ada-\d+","avatarUrl":null}$/);
  });

  it('has no dead link', async () => {
    const links = [...(await readFile(file, 'utf8')).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target!);
    expect(links.length).toBeGreaterThan(3);
    for (const target of links) await expect(run('test', ['-e', target]), target).resolves.toBeTruthy();
  });
});
