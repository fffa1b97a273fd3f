import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConsoleMessage } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { hasChromium } from './support/chromium.js';
import { type Scene, Stage } from './support/stage.js';

describe.skipIf(!hasChromium)('<qr-login> on a page of an origin that the server does not allow', () => {
  let stage: Stage;
  let foreign: http.Server;
  beforeAll(async () => {
    stage = await Stage.set();
    foreign = http.createServer((request, response) => {
      const server = new URL(request.url!, stage.url).searchParams.get('server');
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(
        `<script type="module" src="${stage.url}/assets/qr-login.js"></script><qr-login base-url="${server}"></qr-login>`,
      );
    });
    await once(foreign.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(async () => {
    foreign?.close();
    await stage?.strike();
  });

  const origin = () => `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`;

  /** Opens the page, and waits until the element has failed twice. @returns what it has said on the console */
  async function said(scene: Scene, server: string): Promise<string[]> {
    const page = await (await scene.person()).newPage();
    const messages: ConsoleMessage[] = [];
    page.on('console', (message) => messages.push(message));
    let failures = 0;
    page.on('requestfailed', (request) => (failures += Number(request.url() === `${server}/v1/tickets`)));
    await page.goto(`${origin()}/?server=${encodeURIComponent(server)}`);
    await expect.poll(() => failures, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
    return messages.map((message) => message.text()).filter((text) => text.includes('CORS_ORIGINS'));
  }

  it('says so once on the console, with the origin to add to CORS_ORIGINS', () =>
    stage.play(async (scene) => {
      expect(await said(scene, stage.url)).toEqual([
        `${stage.url} refuses this page: add ${origin()} to its CORS_ORIGINS`,
      ]);
    }));

  it('says nothing of the kind of a server that is away', () =>
    stage.play(async (scene) => {
      expect(await said(scene, `http://127.0.0.1:${await freePort()}`)).toEqual([]);
    }));
});
