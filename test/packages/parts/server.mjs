import fs from 'node:fs/promises';
import path from 'node:path';
import { responds, run, start } from '../support/processes.mjs';

/** `npx scan-login --help`, as the first thing that somebody does who has heard of it. @param {string} folder */
export async function help(folder) {
  const text = await run('npx', ['--yes', 'scan-login', '--help'], { cwd: folder });
  for (const word of ['Usage', 'doctor', 'DATABASE_URL']) {
    if (!text.includes(word)) throw new Error(`--help does not mention ${word}:\n\n${text}`);
  }
}

/**
 * `npx scan-login`: the server, with its embedded database and its demo account.
 * @param {string} folder @param {{ port: number, origins: string[] }} options
 */
export async function startServer(folder, { port, origins }) {
  const url = `http://127.0.0.1:${port}`;
  const data = path.join(folder, 'data');
  const env = {
    PORT: String(port),
    PUBLIC_URL: url,
    DATA_DIR: data,
    CORS_ORIGINS: origins.join(','),
    LOG_LEVEL: 'warn',
    // the phones of this proof are programs, which see no screen
    CONFIRM_CHALLENGE: 'off',
  };
  const program = await start('npx', ['--yes', 'scan-login'], {
    cwd: folder,
    env,
    ready: () => responds(`${url}/readyz`),
  });
  const { username, password } = JSON.parse(await fs.readFile(path.join(data, 'demo-account.json'), 'utf8'));
  return { url, username, password, stop: program.stop };
}

/** @param {string} url */
export async function servesPages(url) {
  for (const [page, text] of [
    ['/', '<title>'],
    ['/phone', '<title>'],
    ['/docs', 'swagger'],
    ['/assets/qr-login.js', 'qr-login'],
  ]) {
    const response = await fetch(url + page);
    if (!response.ok || !(await response.text()).includes(text))
      throw new Error(`${page} is answered with ${response.status}`);
  }
}

/** @param {{ url: string, stop: () => Promise<number | string> }} server */
export async function stopsCleanly({ url, stop }) {
  const status = await stop();
  if (status !== 0 && status !== 'SIGINT' && status !== 130) throw new Error(`it ended with ${status}`);
  if (await responds(`${url}/livez`)) throw new Error('it still answers after Ctrl-C');
}
