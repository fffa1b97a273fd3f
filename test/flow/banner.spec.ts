import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { TEST_SECRET } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { startServerProcess } from '../support/server-process.js';

/** The addresses in the banner of a server, by the order of lines. */
async function addressesIn(environment: Record<string, string>): Promise<{ port: string; told: string[] }> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'scan-login-banner-'));
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  const database = { DATABASE_URL: await createDatabase(), APP_SECRET: TEST_SECRET, DATA_DIR: directory };
  const server = await startServerProcess({ ...database, ...environment });
  onTestFinished(() => void server.stop('SIGKILL'));
  await expect.poll(() => server.output()).toContain('Open http');
  const [, text] = /scan-login is ready:([^]*)Demo account:/.exec(server.output())!;
  return { port: new URL(server.url).port, told: text!.trim().split(/\s+(?:Also at:)?\s*/) };
}

it('the banner has every address at which the server can be opened: localhost, and each of the network', async () => {
  const { port, told } = await addressesIn({ HOST: '0.0.0.0' });
  const network = Object.values(os.networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'))
    .map(({ address }) => `http://${address}:${port}`);
  expect(told.toSorted()).toEqual([...network, `http://localhost:${port}`].sort());
});

it('the banner begins with PUBLIC_URL, and has only addresses on which the server listens', async () => {
  const { port, told } = await addressesIn({ HOST: '127.0.0.1', PUBLIC_URL: 'https://login.example.org/' });
  expect(told).toEqual(['https://login.example.org', `http://127.0.0.1:${port}`]);
});
