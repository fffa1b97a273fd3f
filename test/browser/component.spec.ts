import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from './support/chromium.js';
import { freePort, Stage } from './support/stage.js';

describe.skipIf(!hasChromium)('<qr-login>', () => {
  let stage: Stage;
  let foreign: { url: string; close(): void };
  beforeAll(async () => {
    const port = await freePort();
    stage = await Stage.set({ CORS_ORIGINS: `http://localhost:${port}`, POLL_HOLD: '4' });
    foreign = await serveForeignPage(port, stage.url);
  });
  afterEach(() => stage?.clear());
  afterAll(async () => {
    foreign?.close();
    await stage?.strike();
  });

  it('signs in on a foreign page, with seven lines of HTML', async () => {
    const screen = await stage.screen({}, foreign.url);
    const phone = await stage.phone(await stage.account('Ada Lovelace'));
    await phone.open(await screen.link());
    await phone.button('Confirm').click();
    await screen.page.getByText('Signed in: Ada Lovelace').waitFor();
  });

  it('gives the tokens to its own listener alone, and keeps them nowhere', async () => {
    const screen = await stage.screen({}, foreign.url);
    await screen.code.waitFor();
    await screen.page.evaluate(`{
      window.heard = [];
      for (const type of ['scanned', 'login']) document.body.addEventListener(type, () => heard.push('body ' + type));
      document.querySelector('qr-login').addEventListener('login', (e) => heard.push(e.detail));
    }`);
    const phone = await stage.signedInPhone();
    const ticket = await screen.ticket();
    await phone.scan(ticket);
    await phone.confirm(ticket);
    await screen.page.getByText('Signed in:').waitFor();
    const heard = await screen.page.evaluate<unknown[]>('heard');
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({
      deviceId: expect.any(String),
      tokens: { accessToken: expect.any(String), refreshToken: expect.any(String) },
    });
    expect(await screen.page.evaluate('Object.keys({ ...localStorage, ...sessionStorage })')).toEqual([
      'scan-login.screen',
    ]);
    expect(await screen.page.context().cookies()).toEqual([]);
  });

  it('says each change of status once, and nothing while it waits', async () => {
    const screen = await stage.screen();
    await screen.code.waitFor();
    await screen.page.evaluate(`{
      window.said = [];
      const status = document.querySelector('qr-login').shadowRoot.querySelector('[role=status]');
      new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
    }`);
    await sleep(3_000);
    expect(await screen.page.evaluate('said')).toEqual([]);
    const phone = await stage.signedInPhone();
    const ticket = await screen.ticket();
    await phone.scan(ticket);
    await expect.poll(() => screen.page.evaluate('said')).toEqual(['Now confirm on your phone']);
    await phone.deny(ticket);
    await expect
      .poll(() => screen.page.evaluate('said'))
      .toEqual(['Now confirm on your phone', 'The sign-in was refused on the phone']);
  });

  it('asks nothing while its tab is hidden, and catches up when it is seen again', async () => {
    const screen = await stage.screen();
    await screen.code.waitFor();
    const ticket = await screen.ticket();
    await screen.hide(true);
    const calls = screen.calls();
    const phone = await stage.signedInPhone();
    await phone.scan(ticket);
    await sleep(5_000);
    expect(calls).toEqual([]);
    await screen.hide(false);
    await screen.page.getByText('Hello, Ada Lovelace').waitFor({ timeout: 2_000 });
  });

  it('sends its ticket away when it is taken out of the page', async () => {
    const screen = await stage.screen({}, foreign.url);
    const ticket = await screen.ticket();
    await screen.page.evaluate(`document.querySelector('qr-login').remove()`);
    const phone = await stage.signedInPhone();
    await expect.poll(async () => (await phone.scan(ticket)).body.currentStatus).toBe('cancelled');
  });

  it('survives the server being stopped and started again', async () => {
    const screen = await stage.screen();
    const ticket = await screen.ticket();
    const phone = await stage.signedInPhone();
    await stage.stopServer();
    await screen.page.getByText('No connection. Trying again…').waitFor();
    expect(await screen.code.count()).toBe(1);
    await stage.startServer();
    await expect
      .poll(() => screen.status.textContent(), { timeout: 10_000 })
      .toBe('Point your phone’s camera at the code');
    await phone.scan(ticket);
    await phone.confirm(ticket);
    await screen.heading('Hello, Ada Lovelace').waitFor();
  });

  describe('in front of a server that is out of its mind', () => {
    const json = (body: unknown) => ({ contentType: 'application/json', body: JSON.stringify(body) });
    const flip = { on: false };
    it.concurrent.each<[string, () => Parameters<Route['fulfill']>[0]]>([
      ['says at once that nothing is new', () => json({ code: 408, status: 'pending', expiresIn: 100 })],
      ['says at once that the ticket is over', () => json({ code: 400, status: 'expired', expiresIn: 0 })],
      ['says again and again that it was scanned', () => json({ code: 201, status: 'scanned', expiresIn: 60 })],
      ['goes back and forth', () => json({ status: (flip.on = !flip.on) ? 'scanned' : 'pending', expiresIn: 60 })],
      ['fails', () => ({ status: 500, ...json({ code: 'server_error' }) })],
      ['knows no such ticket', () => ({ status: 404, ...json({ code: 'ticket_not_found' }) })],
      ['asks for patience', () => ({ status: 429, headers: { 'retry-after': '0' }, body: '' })],
      ['answers HTML', () => ({ contentType: 'text/html', body: '<h1>Welcome</h1>' })],
      ['answers null', () => json(null)],
      ['answers with statuses that nobody knows', () => json({ code: 299, status: 'tomorrow', expiresIn: 'soon' })],
      ['breaks off', () => undefined],
    ])('is patient with one that %s', async (_, answer) => {
      const page = await (await stage.person()).newPage();
      const asked = await countCalls(page, answer);
      await page.goto(stage.url);
      await sleep(6_000);
      expect(asked.status, `${asked.status} status calls in six seconds`).toBeLessThanOrEqual(7);
      expect(asked.open, `${asked.open} tickets in six seconds`).toBeLessThanOrEqual(7);
      await page.close();
    });
  });
});

describe.skipIf(!hasChromium)('<qr-login> whose codes expire', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ TICKET_LIFE: '2', POLL_HOLD: '2' });
  });
  afterEach(() => stage?.clear());
  afterAll(() => stage?.strike());

  it('renews them by itself five times, then waits for a click', async () => {
    const screen = await stage.screen();
    const calls = screen.calls();
    await screen.page.getByText('The code has expired').waitFor({ timeout: 25_000 });
    const opened = () => calls.filter((call) => call === 'POST /v1/tickets').length;
    expect(opened()).toBeGreaterThanOrEqual(5);
    expect(opened()).toBeLessThanOrEqual(6);
    const before = calls.length;
    await sleep(3_000);
    expect(calls.length).toBe(before);
    await screen.page.getByRole('button', { name: 'Show a new code' }).click();
    await screen.code.waitFor();
  });

  it('tells the phone, too, that it was too late', async () => {
    const phone = await stage.phone(await stage.account());
    const screen = await stage.screen();
    const link = await screen.link();
    await phone.page.goto(link);
    await sleep(2_500);
    await phone.button('See who asks').click();
    await phone.heading('This code has expired').waitFor();
  });
});

async function countCalls(page: Page, answer: () => Parameters<Route['fulfill']>[0]) {
  const asked = { open: 0, status: 0 };
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/v1/tickets')) asked.open += 1;
  });
  await page.route('**/status?*', (route) => {
    asked.status += 1;
    const answered = answer();
    return answered ? route.fulfill(answered) : route.abort();
  });
  return asked;
}

/** A page of somebody else's, on another origin. */
async function serveForeignPage(port: number, login: string) {
  const html = await fs.readFile(path.join(import.meta.dirname, 'fixtures/foreign.html'), 'utf8');
  const server = http.createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(html.replaceAll('https://login.example.org', login));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://localhost:${port}`, close: () => server.close() };
}
