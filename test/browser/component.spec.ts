import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Phone } from '../support/actors.js';
import { freePort } from '../support/free-port.js';
import { expectAccessible } from './support/axe.js';
import { hasChromium } from './support/chromium.js';
import { becomes, type Scene, ScreenPage, Stage } from './support/stage.js';

type Fulfilled = Parameters<Route['fulfill']>[0];
const json = (body: unknown, status = 200) => ({ status, contentType: 'application/json', body: JSON.stringify(body) });
let flips = 0;

/** Responses to the status call, each sent at once. */
const MAD_RESPONSES: Record<string, () => Fulfilled | undefined> = {
  'nothing new': () => json({ code: 408, status: 'pending', expiresIn: 100 }),
  over: () => json({ code: 400, status: 'expired', expiresIn: 0 }),
  'scanned, again and again': () => json({ code: 201, status: 'scanned', expiresIn: 60 }),
  'back and forth': () => json({ status: (flips += 1) % 2 ? 'scanned' : 'pending', expiresIn: 60 }),
  'an unknown status': () => json({ code: 299, status: 'tomorrow', expiresIn: 'soon' }),
  null: () => json(null),
  HTML: () => ({ contentType: 'text/html', body: '<h1>Welcome</h1>' }),
  'a failure': () => json({ code: 'server_error' }, 500),
  'no such ticket': () => json({ code: 'ticket_not_found' }, 404),
  'too many calls': () => ({ status: 429, headers: { 'retry-after': '0' } }),
  'a broken connection': () => undefined,
};

describe.skipIf(!hasChromium)('<qr-login>', () => {
  let stage: Stage;
  let foreign: { url: string; close(): void };
  beforeAll(async () => {
    const port = await freePort();
    stage = await Stage.set({ CORS_ORIGINS: `http://localhost:${port}`, POLL_HOLD: '4' });
    foreign = await serveForeignPage(port, stage.url);
  });
  afterAll(async () => {
    foreign?.close();
    await stage?.strike();
  });

  it.concurrent('signs in on a foreign page, with seven lines of HTML', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({}, foreign.url);
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.open(await screen.link());
      await phone.button('Confirm').click();
      await screen.goOn();
      await screen.page.getByText('Signed in: Ada Lovelace').waitFor();
    }),
  );

  it.concurrent('asks “Continue as …?” the first time an account signs in on a device, and not the second time', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({}, foreign.url);
      const phone = await stage.signedInPhone();
      await decideOn(screen, phone);
      await becomes(() => screen.status.textContent(), 'Continue as Ada Lovelace?');
      // the surrounding page keeps the focus: a key pressed there must not answer the question
      expect(await screen.page.evaluate('document.activeElement === document.body')).toBe(true);
      await screen.page.getByText(/^Valid for (60 s|1 min)$/).waitFor();
      await screen.page.keyboard.press('Tab');
      await screen.page.keyboard.press('Tab');
      await screen.page.keyboard.press('Enter');
      await screen.page.getByText('Signed in: Ada Lovelace').waitFor();
      await screen.page.reload();
      await decideOn(screen, phone);
      await screen.page.getByText('Signed in: Ada Lovelace').waitFor();
      // another account is as new here as the first one was
      await screen.page.reload();
      await decideOn(screen, await stage.signedInPhone());
      await becomes(() => screen.status.textContent(), 'Continue as Ada Lovelace?');
    }),
  );

  it.concurrent('asks always, or never, where its page says so', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({}, foreign.url);
      const phone = await stage.signedInPhone();
      const set = (when: string) =>
        screen.page.evaluate(`{
          const it = document.querySelector('qr-login');
          it.setAttribute('confirm-account', '${when}');
          it.start();
        }`);
      await screen.code.waitFor();
      await set('never');
      await decideOn(screen, phone);
      await screen.page.getByText('Signed in: Ada Lovelace').waitFor();
      await screen.page.reload();
      await screen.code.waitFor();
      await set('always');
      await decideOn(screen, phone);
      await screen.goOn();
      await screen.page.getByText('Signed in: Ada Lovelace').waitFor();
    }),
  );

  it.concurrent('shows a new code to a person who is not the account, and cancels the ticket', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({}, foreign.url);
      const phone = await stage.signedInPhone();
      const ticket = await decideOn(screen, phone);
      await screen.page.getByRole('button', { name: 'Not me: new code' }).click();
      await screen.code.waitFor();
      expect((await screen.ticket()).uuid).not.toBe(ticket.uuid);
      await becomes(async () => (await phone.scan(ticket)).body.currentStatus, 'cancelled');
    }),
  );

  it.concurrent('gives the tokens to its own listener alone, and keeps them nowhere', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({}, foreign.url);
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
      await screen.goOn();
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
    }),
  );

  it.concurrent('binds its session to its key where its page says so, and loads no other file for that', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({}, foreign.url);
      const { page } = screen;
      await screen.code.waitFor();
      const loads: string[] = [];
      page.on('request', (request) => request.resourceType() === 'script' && loads.push(request.url()));
      await page.evaluate(`{
        window.unhandled = 0;
        addEventListener('unhandledrejection', () => (unhandled += 1));
        const it = document.querySelector('qr-login');
        window.loggedIn = new Promise((resolve) => it.addEventListener('login', ({ detail }) => resolve(detail)));
        it.bound = true;
        it.start();
      }`);
      await screen.page.waitForResponse(/\/qr\.svg/);
      await screen.code.waitFor();
      const phone = await stage.signedInPhone();
      const ticket = await screen.ticket();
      await phone.scan(ticket);
      await phone.confirm(ticket);
      await screen.goOn();
      await page.getByText('Signed in:').waitFor();
      const answered =
        await page.evaluate(`loggedIn.then(async ({ tokens: { tokenType, accessToken }, deviceId, key }) => {
        const DPoP = await key.prove('GET', '/v1/account', accessToken);
        const headers = { Authorization: 'DPoP ' + accessToken, DPoP, 'X-Device-Id': deviceId };
        const { status } = await fetch('${stage.url}/v1/account', { headers });
        return { tokenType, status, unhandled };
      })`);
      expect(answered).toEqual({ tokenType: 'DPoP', status: 200, unhandled: 0 });
    }),
  );

  it.concurrent('goes on after a reload of its page: with its code, with who has scanned, and with the login', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({}, foreign.url);
      const phone = await stage.signedInPhone();
      await screen.code.waitFor();
      const ticket = await screen.ticket();
      await screen.page.reload();
      await screen.code.waitFor();
      expect(await screen.ticket()).toEqual(ticket);
      await phone.scan(ticket);
      await screen.page.getByText('Now confirm on your phone').waitFor();
      await screen.page.reload();
      await screen.page.getByText('Now confirm on your phone').waitFor();
      await phone.confirm(ticket);
      await becomes(() => screen.status.textContent(), 'Continue as Ada Lovelace?');
      await screen.page.reload();
      await screen.goOn();
      await screen.page.getByText('Signed in: Ada Lovelace').waitFor();
      expect((await phone.outcome(ticket)).body.status).toBe('redeemed');
    }),
  );

  it.concurrent('leaves its ticket to the first of two tabs', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      await screen.code.waitFor();
      // a page that is opened by another one gets a copy of its sessionStorage, like a duplicated tab
      const opened = screen.page.context().waitForEvent('page');
      await screen.page.evaluate(`window.open(location.href)`);
      const second = new ScreenPage(await opened, stage.url);
      await second.code.waitFor();
      expect((await second.ticket()).uuid).not.toBe((await screen.ticket()).uuid);
    }),
  );

  it.concurrent('takes what a page has set before the script is there, and can be set in both ways afterwards', () =>
    stage.play(async (scene) => {
      const page = await (await scene.person()).newPage();
      await page.goto(`${foreign.url}/blank`);
      const seen = await page.evaluate(`(async () => {
        const login = document.createElement('qr-login');
        login.baseUrl = '${stage.url}/';
        login.confirmAccount = 'never';
        document.body.replaceChildren(login);
        await import('${stage.url}/assets/qr-login.js');
        login.bound = true;
        login.setAttribute('device-name', 'Desk');
        const { baseUrl, deviceName, bound, refreshCookie } = login;
        return { baseUrl, deviceName, bound, refreshCookie, when: login.getAttribute('confirm-account') };
      })()`);
      expect(seen).toEqual({
        baseUrl: `${stage.url}/`,
        deviceName: 'Desk',
        bound: true,
        refreshCookie: false,
        when: 'never',
      });
      await page.locator('qr-login svg[part=code]').waitFor();
    }),
  );

  it.concurrent('reports each change of status once, and nothing while it waits', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      await screen.code.waitFor();
      await screen.page.evaluate(`{
      window.said = [];
      const status = document.querySelector('qr-login').shadowRoot.querySelector('[role=status]');
      new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
    }`);
      await sleep(2_000);
      expect(await screen.page.evaluate('said')).toEqual([]);
      const phone = await stage.signedInPhone();
      const ticket = await screen.ticket();
      await phone.scan(ticket);
      await becomes(() => screen.page.evaluate('said'), ['Now confirm on your phone']);
      await phone.deny(ticket);
      await becomes(() => screen.page.evaluate('said'), ['Now confirm on your phone', 'The phone declined']);
    }),
  );

  it.concurrent('sends no request while its tab is hidden, and catches up when it is visible again', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      await screen.code.waitFor();
      const ticket = await screen.ticket();
      await screen.hide(true);
      const calls = screen.calls();
      const phone = await stage.signedInPhone();
      await phone.scan(ticket);
      await sleep(4_500);
      expect(calls).toEqual([]);
      await screen.hide(false);
      await screen.page.getByText('Hello, Ada Lovelace').waitFor({ timeout: 2_000 });
    }),
  );

  it.concurrent('cancels its ticket when it is removed from the page', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({}, foreign.url);
      const ticket = await screen.ticket();
      await screen.page.evaluate(`document.querySelector('qr-login').remove()`);
      const phone = await stage.signedInPhone();
      await becomes(async () => (await phone.scan(ticket)).body.currentStatus, 'cancelled');
    }),
  );

  it('survives the server being stopped and started again', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const ticket = await screen.ticket();
      const phone = await stage.signedInPhone();
      await stage.stopServer();
      await screen.page.getByText('No connection. Trying again…').waitFor();
      expect(await screen.code.count()).toBe(1);
      await stage.startServer();
      // the delay before a retry grows with the outage, up to half a minute
      await becomes(() => screen.status.textContent(), 'Point your phone’s camera at the code', 35_000);
      await phone.scan(ticket);
      await phone.confirm(ticket);
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
    }));

  it.concurrent(
    'says that it does not go on, and no longer that it tries again, where an outage ends with a refusal',
    () =>
      stage.play(async (scene) => {
        const page = await (await scene.person()).newPage();
        await page.route('**/v1/tickets', (route) => route.abort());
        await page.goto(stage.url);
        await page.getByText('No connection. Trying again…').waitFor();
        await page.unroute('**/v1/tickets');
        await page.route('**/v1/tickets', (route) => route.fulfill({ status: 403, body: '{}' }));
        await page.getByText('Signing in is not possible right now').waitFor();
        await page.unroute('**/v1/tickets');
        await page.getByRole('button', { name: 'Show a new code' }).click();
        await page.getByText('Point your phone’s camera at the code').waitFor();
      }),
  );

  it.concurrent('never asks in a hot loop, whatever the server answers', () =>
    stage.play(async (scene) => {
      const context = await scene.person();
      const counts = await Promise.all(
        Object.entries(MAD_RESPONSES).map(([what, response]) => callsInFiveSeconds(context, what, response)),
      );
      // at first after a second or less, then less and less often
      expect(counts.filter(({ opened, asked }) => asked < 1 || asked > 6 || opened > 6)).toEqual([]);
    }),
  );

  async function callsInFiveSeconds(context: BrowserContext, what: string, response: () => Fulfilled | undefined) {
    const page = await context.newPage();
    const counted = { what, opened: 0, asked: 0 };
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/v1/tickets')) counted.opened += 1;
    });
    await page.route('**/status?*', (route) => {
      counted.asked += 1;
      const answered = response();
      return answered ? route.fulfill(answered) : route.abort();
    });
    await Promise.all([page.waitForRequest(/\/status\?/), page.goto(stage.url)]);
    await sleep(5_000);
    await page.close();
    return counted;
  }
});

describe.skipIf(!hasChromium)('<qr-login> whose codes expire', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ TICKET_LIFE: '1', POLL_HOLD: '2' });
  });
  afterAll(() => stage?.strike());

  it('renews them by itself five times, then waits for a click', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const calls = screen.calls();
      await screen.page.getByText('The code has expired').waitFor({ timeout: 50_000 });
      const opened = () => calls.filter((call) => call === 'POST /v1/tickets').length;
      expect(opened()).toBeGreaterThanOrEqual(5);
      expect(opened()).toBeLessThanOrEqual(6);
      const before = calls.length;
      await sleep(2_000);
      expect(calls.length).toBe(before);
      await expectAccessible(screen.page);
      await screen.page.getByRole('button', { name: 'Show a new code' }).click();
      await screen.code.waitFor();
    }));

  it('tells the phone too that it was too late', () =>
    stage.play(async (scene) => {
      const phone = await scene.phone(await stage.account());
      const screen = await scene.screen();
      const link = await screen.link();
      await sleep(1_200);
      await phone.page.goto(link);
      await phone.heading('This code has expired').waitFor();
    }));
});

describe.skipIf(!hasChromium)('<qr-login> that asks “Continue as …?”', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ TICKET_REDEEM_WITHIN: '5' });
  });
  afterAll(() => stage?.strike());

  async function asked(scene: Scene) {
    const screen = await scene.screen();
    const phone = await stage.signedInPhone();
    const waits = screen.page.waitForRequest(/known=confirmed/);
    const ticket = await decideOn(screen, phone);
    await screen.page.getByText('Continue as Ada Lovelace?').waitFor();
    return { screen, phone, ticket, secret: (await waits).headers()['x-ticket-secret']! };
  }

  it('shows a new code when the time to answer is over, and is not signed in', () =>
    stage.play(async (scene) => {
      const { screen, phone, ticket } = await asked(scene);
      await screen.page.getByText('Valid for a few seconds').waitFor();
      await screen.code.waitFor();
      expect((await screen.ticket()).uuid).not.toBe(ticket.uuid);
      expect((await phone.scan(ticket)).body).toMatchObject({ code: 'ticket_expired' });
    }));

  it('shows a new code when the ticket is cancelled meanwhile', () =>
    stage.play(async (scene) => {
      const { screen, ticket, secret } = await asked(scene);
      const cancelled = await fetch(`${stage.url}/v1/tickets/${ticket.uuid}`, {
        method: 'DELETE',
        headers: { 'x-ticket-secret': secret },
      });
      expect(cancelled.status).toBe(204);
      await screen.code.waitFor({ timeout: 3_000 });
    }));
});

/** A phone that scans the code of this screen and confirms. */
async function decideOn(screen: ScreenPage, phone: Phone): Promise<{ uuid: string; qrUrl: string }> {
  await screen.code.waitFor();
  const ticket = await screen.ticket();
  expect((await phone.scan(ticket)).status).toBe(200);
  expect((await phone.confirm(ticket)).status).toBe(204);
  return ticket;
}

/** A page of another site, on another origin, and an empty page. */
async function serveForeignPage(port: number, login: string) {
  const html = await fs.readFile(path.join(import.meta.dirname, 'fixtures/foreign.html'), 'utf8');
  const server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(request.url === '/blank' ? '' : html.replaceAll('https://login.example.org', login));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://localhost:${port}`, close: () => server.close() };
}
