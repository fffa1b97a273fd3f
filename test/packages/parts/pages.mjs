import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { ROOT } from '../support/environment.mjs';
import { install } from '../support/install.mjs';
import { responds, run, start } from '../support/processes.mjs';

const EXAMPLES = 'apps/web/examples';
const PROGRAM = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (file) => file && fs.existsSync(file),
);

/** @returns {string[]} the names of the pages that stand for other people's */
export function examplePages() {
  const inside = fs.readdirSync(path.join(ROOT, EXAMPLES), { withFileTypes: true });
  return inside.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/**
 * Installs and builds one, types included, for a server at that address.
 * @param {import('../support/folders.mjs').Folders} folders @param {string} name @param {string} server
 * @returns {Promise<string>} its folder
 */
export async function buildPage(folders, name, server) {
  const folder = await folders.copyOf(`page-${name}`, `${EXAMPLES}/${name}`);
  await install(folder);
  await run('npm', ['run', 'build'], { cwd: folder, env: { VITE_SCAN_LOGIN_SERVER: server } });
  return folder;
}

/** @param {string} folder @param {number} port */
export function servePage(folder, port) {
  const options = ['--host', '127.0.0.1', '--port', String(port), '--strictPort'];
  return start('npm', ['run', 'preview', '--', ...options], {
    cwd: folder,
    ready: () => responds(`http://127.0.0.1:${port}/`),
  });
}

export function launchBrowser() {
  if (!PROGRAM) throw new Error('There is no Chromium: install one, or set CHROMIUM_PATH');
  return chromium.launch({
    executablePath: PROGRAM,
    args: [...(os.userInfo().uid === 0 ? ['--no-sandbox'] : []), '--disable-background-networking', '--no-first-run'],
  });
}

/**
 * A login, as a person sees it: a code, a phone that confirms it, a question, a greeting.
 * @param {import('playwright-core').Browser} browser @param {string} url
 * @param {(link: string) => Promise<string>} confirm by a phone; @returns the name that the phone shows of the screen
 */
export async function pageLogsIn(browser, url, confirm) {
  const context = await browser.newContext({ locale: 'en-GB' });
  try {
    const page = await context.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      // Chromium asks for an icon by itself
      const isOurs = !message.location().url.endsWith('/favicon.ico');
      if (message.type() === 'error' && isOurs) errors.push(message.text());
    });
    await page.goto(url);
    const link = await page.locator('qr-login a[part=link]').getAttribute('href');
    const screen = await confirm(/** @type {string} */ (link));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: /^Signed in: / }).waitFor();
    if (errors.length > 0) throw new Error(`the browser reports:\n${errors.join('\n')}`);
    if (!/example/i.test(screen)) throw new Error(`the phone showed another screen: ${screen}`);
  } finally {
    await context.close();
  }
}
