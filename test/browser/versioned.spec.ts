import { once } from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { hasChromium } from './support/chromium.js';
import { ScreenPage, Stage } from './support/stage.js';

interface Manifest {
  version: string;
  file: string;
  integrity: string;
}

describe.skipIf(!hasChromium)('the file of <qr-login> that has its version in its name', () => {
  let stage: Stage;
  let origin: string;
  let server: http.Server;
  let html = '';
  let manifest: Manifest;
  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    stage = await Stage.set({ CORS_ORIGINS: origin });
    server = http.createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html));
    await once(server.listen(port, '127.0.0.1'), 'listening');
    manifest = (await (await fetch(`${stage.url}/assets/qr-login.json`)).json()) as Manifest;
  });
  afterAll(async () => {
    server?.close();
    await stage?.strike();
  });

  /** The page of the README, on another origin. */
  async function pageWith(integrity: string): Promise<string> {
    const readme = await fs.readFile(path.resolve('apps/web/README.md'), 'utf8');
    const [script] = /<script\s[^>]*integrity=.*?<\/script>/s.exec(readme)!;
    const tag = script
      .replace('https://login.example.org', stage.url)
      .replace(/qr-login-[\d.]+\.js/, manifest.file)
      .replace('sha384-…', integrity);
    return `<!doctype html><qr-login base-url="${stage.url}"></qr-login>${tag}`;
  }

  it('is named with its hash in /assets/qr-login.json, which pages of other origins may read, and never changes', async () => {
    const { version } = JSON.parse(await fs.readFile('apps/web/package.json', 'utf8')) as { version: string };
    expect(manifest).toEqual({
      version,
      file: `qr-login-${version}.js`,
      integrity: expect.stringMatching(/^sha384-[\w+/]{64}$/),
    });
    const description = await fetch(`${stage.url}/assets/qr-login.json`);
    expect(description.headers.get('access-control-allow-origin')).toBe('*');
    expect(description.headers.get('cache-control')).toBe('no-cache');
    const file = await fetch(`${stage.url}/assets/${manifest.file}`);
    expect(file.headers.get('access-control-allow-origin')).toBe('*');
    expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const stable = await fetch(`${stage.url}/assets/qr-login.js`);
    expect(stable.headers.get('cache-control')).toBe('no-cache');
    expect(await stable.text()).toBe(await file.text());
  });

  it('signs in on a page of another origin that holds it to the hash', () =>
    stage.play(async (scene) => {
      html = await pageWith(manifest.integrity);
      const screen = await scene.screen({}, origin);
      const phone = await stage.signedInPhone();
      const ticket = await screen.ticket();
      expect((await phone.scan(ticket)).status).toBe(200);
      expect((await phone.confirm(ticket)).status).toBe(204);
      await screen.goOn();
      await screen.page.getByText('You are signed in').waitFor();
    }));

  it('is not run by a page that expects another hash', () =>
    stage.play(async (scene) => {
      html = await pageWith(manifest.integrity.replace(/^sha384-.{4}/, 'sha384-AAAA'));
      const page = await (await scene.person()).newPage();
      const refused = page.waitForEvent('console', (message) => message.text().includes('integrity'));
      await page.goto(origin);
      await refused;
      expect(await page.evaluate(`customElements.get('qr-login') === undefined`)).toBe(true);
      expect(await new ScreenPage(page, stage.url).code.count()).toBe(0);
    }));
});
