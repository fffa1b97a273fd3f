import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { ticketLink } from '@scan-login/client';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { hasChromium } from './support/chromium.js';
import { becomes, Stage } from './support/stage.js';

/** The built package, as `npm pack` ships it. */
const MODULE = /^\/client\/[\w/-]+\.js$/;
const DIST = path.resolve('apps/client/dist');

describe.skipIf(!hasChromium)('the built @scan-login/client in a static page of another origin', () => {
  let stage: Stage;
  let page: { url: string; close(): void };
  beforeAll(async () => {
    const port = await freePort();
    stage = await Stage.set({ CORS_ORIGINS: `http://localhost:${port}`, POLL_HOLD: '4' });
    page = await servePage(port, stage.url);
  });
  afterAll(async () => {
    page?.close();
    await stage?.strike();
  });

  it.concurrent.each(['poll', 'events'])(
    'signs in by %s, and is signed in still after a reload and in a second tab',
    (transport) =>
      stage.play(async (scene) => {
        const context = await scene.person();
        const first = await context.newPage();
        await first.goto(`${page.url}?transport=${transport}`);
        const phone = await stage.signedInPhone();
        await confirm(first, phone);
        await becomes(() => state(first), 'Signed in: Ada Lovelace');
        await first.reload();
        await becomes(() => state(first), 'Signed in: Ada Lovelace');
        const second = await context.newPage();
        await second.goto(page.url);
        await becomes(() => state(second), 'Signed in: Ada Lovelace');
        // bound to a key of this browser: useless without it
        expect(await first.evaluate("JSON.parse(localStorage.getItem('scan-login.session')).tokenType")).toBe('DPoP');

        const { sessions } = (await phone.sessions()).body;
        const screen = sessions.find(({ current }) => !current)!;
        expect((await phone.as('DELETE', `/v1/sessions/${screen.id}`)).status).toBe(204);
        await first.evaluate('own.account().catch(() => undefined)');
        await becomes(() => state(first), 'Ended: revoked');
        await second.evaluate('own.account().catch(() => undefined)');
        await becomes(() => state(second), 'Ended: revoked');
      }),
  );
});

async function confirm(screen: Page, phone: Awaited<ReturnType<Stage['signedInPhone']>>): Promise<void> {
  const link = await screen.locator('#link[href]').getAttribute('href');
  const ticket = ticketLink(link!)!;
  await phone.scan(ticket);
  await becomes(() => state(screen), 'scanned');
  expect((await phone.confirm(ticket)).status).toBe(204);
}

function state(screen: Page): Promise<string | null> {
  return screen.locator('#state').textContent();
}

async function servePage(port: number, login: string) {
  const html = await fs.readFile(path.join(import.meta.dirname, 'fixtures/client.html'), 'utf8');
  const answer = async (pathname: string) =>
    MODULE.test(pathname)
      ? { type: 'text/javascript', text: await fs.readFile(path.join(DIST, pathname.slice('/client'.length))) }
      : { type: 'text/html; charset=utf-8', text: html.replaceAll('https://login.example.org', login) };
  const server = http.createServer((request, response) => {
    void answer(new URL(request.url!, 'http://localhost').pathname).then(({ type, text }) =>
      response.setHeader('Content-Type', type).end(text),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://localhost:${port}`, close: () => server.close() };
}
