import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** CHROMIUM_PATH, the system's Chromium, or the one that Playwright has downloaded. */
export const CHROMIUM = [process.env['CHROMIUM_PATH'], ...SYSTEM, playwrights()].find(
  (file) => file && fs.existsSync(file),
);

/** Whether these tests can run here. If not, each file says what is skipped. */
export const hasChromium = CHROMIUM !== undefined;

if (!hasChromium) {
  process.stderr.write(
    '\n! No Chromium was found: everything in test/browser is left out, that is, all tests of the pages and of <qr-login>.\n' +
      '  On Debian: apt-get install chromium · anywhere: npx playwright-core install chromium, or set CHROMIUM_PATH\n\n',
  );
  if (process.env['CI']) throw new Error('CI does not leave out the tests of the pages');
}

function playwrights(): string | undefined {
  try {
    return chromium.executablePath();
  } catch {
    return undefined;
  }
}

/**
 * A Chromium that makes no calls by itself. Its camera shows what `camera` (an MJPEG file) contains when it is opened.
 */
export function launch(camera: string): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...(os.userInfo().uid === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${path.resolve(camera)}`,
      // an origin like that of a machine in the local network: plain http, and not localhost
      '--host-resolver-rules=MAP phone.test 127.0.0.1',
    ],
  });
}
