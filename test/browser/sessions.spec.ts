import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasChromium } from './support/chromium.js';
import { type Scene, ScreenPage, Stage } from './support/stage.js';

describe.skipIf(!hasChromium)('the session in a browser', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ SESSIONS_PER_DEVICE_TYPE: '0' });
  });
  afterAll(() => stage?.strike());

  /** A screen that a phone program of this account has signed in. */
  async function signedInScreen(scene: Scene, username: string) {
    const screen = await scene.screen();
    const ticket = await screen.ticket();
    const phone = await stage.signedInPhone(username);
    await phone.scan(ticket);
    await phone.confirm(ticket);
    await screen.goOn();
    await screen.heading('Hello, Ada Lovelace').waitFor();
    return screen;
  }

  it('survives a reload, with no token in any storage', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const screen = await signedInScreen(scene, ada);
      await screen.page.reload();
      await screen.heading('Hello, Ada Lovelace').waitFor();
      const stored: Record<string, string> = await screen.page.evaluate('({ ...localStorage, ...sessionStorage })');
      expect(Object.keys(stored).sort()).toEqual(['scan-login.screen', 'scan-login.screen.signed-in']);
      expect(await screen.page.evaluate('document.cookie')).toBe('');
      const [cookie] = await screen.page.context().cookies();
      expect(cookie).toMatchObject({
        name: 'scan_login_refresh',
        httpOnly: true,
        sameSite: 'Strict',
        path: '/v1/sessions',
        secure: false,
      });
    }));

  it('survives in two tabs that reload at the same moment, again and again', () =>
    stage.play(async (scene) => {
      const screen = await signedInScreen(scene, await stage.account('Ada Lovelace'));
      const tab = await screen.page.context().newPage();
      await tab.goto(stage.url);
      for (let round = 0; round < 8; round += 1) {
        await Promise.all([screen.page.reload(), tab.reload()]);
        for (const page of [screen.page, tab]) {
          await page.getByRole('heading', { level: 1, name: 'Hello, Ada Lovelace' }).waitFor();
          // the page loads what it shows with the token from the refresh
          await page.getByText(/^Accepted by the server/).waitFor({ state: 'attached' });
        }
      }
    }));

  it('survives an update of the page, whose earlier version stored only where the server is', () =>
    stage.play(async (scene) => {
      const screen = await signedInScreen(scene, await stage.account('Ada Lovelace'));
      await screen.page.evaluate(`{
        const name = 'scan-login.screen.signed-in';
        localStorage.setItem(name, JSON.stringify(JSON.parse(localStorage.getItem(name)).proof));
      }`);
      // the second time, what this version has stored
      for (let visit = 1; visit <= 2; visit += 1) {
        await screen.page.reload();
        await screen.heading('Hello, Ada Lovelace').waitFor();
        await screen.page.getByText(/^Accepted by the server/).waitFor({ state: 'attached' });
      }
    }));

  it('survives a failed load of the key that it is bound to', () =>
    stage.play(async (scene) => {
      const screen = await signedInScreen(scene, await stage.account('Ada Lovelace'));
      await screen.page.route(/device-key\.js/, (route) => route.abort());
      await screen.page.reload();
      await screen.page.getByText('No connection. Trying again…').waitFor();
      await screen.page.unroute(/device-key\.js/);
      await screen.page.reload();
      await screen.heading('Hello, Ada Lovelace').waitFor();
    }));

  it('goes on by itself where the server is reached late, and no code is shown before', () =>
    stage.play(async (scene) => {
      const screen = await signedInScreen(scene, await stage.account('Ada Lovelace'));
      await screen.page.route('**/v1/sessions/refresh', (route) => route.abort());
      await screen.page.reload();
      await screen.page.getByText('No connection. Trying again…').waitFor();
      const calls = screen.calls();
      await screen.page.unroute('**/v1/sessions/refresh');
      await screen.heading('Hello, Ada Lovelace').waitFor();
      expect(calls).not.toContain('POST /v1/tickets');
    }));

  it('gives the focus to the heading after signing out, because the button is gone', () =>
    stage.play(async (scene) => {
      const screen = await signedInScreen(scene, await stage.account('Ada Lovelace'));
      await screen.page.getByRole('button', { name: 'Sign out' }).click();
      await screen.page.locator('h1:focus', { hasText: 'Sign in with your phone' }).waitFor();
    }));

  it('is over after signing out, and stays over after a reload', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const screen = await signedInScreen(scene, ada);
      await screen.page.getByRole('button', { name: 'Sign out' }).click();
      await screen.page.getByText('You have signed out.').waitFor();
      await screen.code.waitFor();
      expect(await screen.page.context().cookies()).toEqual([]);
      await screen.page.reload();
      await screen.code.waitFor();
    }));

  it('is still there, and the phone says so, where the server could not be told of the end', () =>
    stage.play(async (scene) => {
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.page.route('**/v1/sessions/current', (route) => route.abort());
      await phone.button('Sign this phone out').click();
      await phone.page.getByRole('alert').getByText('No connection').waitFor();
      await phone.heading('Hello, Ada Lovelace').waitFor();
      await phone.page.unroute('**/v1/sessions/current');
      await phone.button('Sign this phone out').click();
      await phone.heading('Sign in').waitFor();
      await phone.page.reload();
      await phone.heading('Sign in').waitFor();
    }));

  it('is reached where a part of the page could not be loaded at first', () =>
    stage.play(async (scene) => {
      const page = await (await scene.person()).newPage();
      let loads = 0;
      await page.route(/signed-in[^/]*\.js/, (route) => ((loads += 1) > 2 ? route.continue() : route.abort()));
      await page.goto(stage.url);
      await vi.waitFor(() => expect(loads).toBe(1));
      const screen = new ScreenPage(page, stage.url);
      const ticket = await screen.ticket();
      const phone = await stage.signedInPhone(await stage.account('Ada Lovelace'));
      await phone.scan(ticket);
      await phone.confirm(ticket);
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
    }));

  it('is listed on the phone, and ends there: the screen shows it within two seconds', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const phone = await scene.phone(ada);
      const screen = await signedInScreen(scene, ada);
      await phone.page.reload();
      await phone.button(/^This is mine: Chrome/).click();
      const row = phone.page.locator('device-list li').filter({ hasText: 'Web page' }).first();
      await row.getByText(/Linux|macOS|Windows/).waitFor();
      await row.getByText('Seen just now').waitFor();
      await row.getByRole('button', { name: /^End the session on Chrome/ }).click();
      await phone.page.getByText('The session was ended.').waitFor();
      const ended = Date.now();
      await screen.page.getByText('This screen was signed out from another device.').waitFor();
      expect(Date.now() - ended).toBeLessThan(2_000);
      await screen.code.waitFor();
    }));

  it('is ended everywhere else at once', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const screens = [await signedInScreen(scene, ada), await signedInScreen(scene, ada)];
      const phone = await scene.phone(ada);
      await phone.button('End all others').click();
      await phone.button(/^End \d+ now$/).click();
      await phone.page.getByText('All other sessions were ended.').waitFor();
      await phone.page.locator('device-list li').nth(1).waitFor({ state: 'detached' });
      expect(await phone.page.locator('device-list li').count()).toBe(1);
      for (const screen of screens) await screen.page.getByText('signed out from another device').waitFor();
    }));

  it('is found ended on a phone that scans, which then asks the person to sign in again', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const phone = await scene.phone(ada);
      // with them, it would know before
      const lists = /\/v1\/(sessions|account\/(screens|notices))$/;
      await phone.page.route(lists, (route) => route.abort());
      await phone.page.reload();
      await phone.page.getByText('No connection. Try again in a moment.').waitFor();
      const other = await stage.signedInPhone(ada);
      const { sessions } = (await other.sessions()).body;
      for (const session of sessions.filter((one) => !one.current))
        await other.as('DELETE', `/v1/sessions/${session.id}`);
      const screen = await scene.screen();
      await phone.button('Scan a code').click();
      await phone.page.locator('[name=link]').fill(await screen.link());
      await phone.button('Continue').click();
      await phone.page.getByText('This phone was signed out from another device.').waitFor();
      await phone.page.unroute(lists);
      await phone.signIn(ada);
      await phone.heading('Do you want to sign in on this screen?').waitFor();
    }));

  it('scans by a typed link, where the browser gives no camera to plain http', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const phone = await scene.phone();
      await phone.page.goto(`${stage.url.replace('localhost', 'phone.test')}/phone`);
      await phone.signIn(ada);
      await phone.button('Scan a code').click();
      await phone.page.getByText('The browser gives the camera only to pages on https').waitFor();
      const screen = await scene.screen();
      await phone.page.locator('[name=link]').fill('https://example.org/');
      await phone.button('Continue').click();
      await phone.page.getByText('A link ends in /l/ and 36 characters. If a # follows').waitFor();
      await phone.page.locator('[name=link]').fill(await screen.link());
      await phone.button('Continue').click();
      await phone.heading('Do you want to sign in on this screen?').waitFor();
      // such an origin gets no Sec-Fetch-Site: the cookie counts because of Origin
      await phone.page.goto(`${stage.url.replace('localhost', 'phone.test')}/phone`);
      await phone.heading('Hello, Ada Lovelace').waitFor();
    }));

  it("scans with the browser's barcode detector, where there is one", () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const screen = await scene.screen();
      const phone = await scene.phone(ada);
      await phone.page.evaluate(
        `window.BarcodeDetector = class {
        static getSupportedFormats() { return Promise.resolve(['qr_code']); }
        detect() { return Promise.resolve([{ rawValue: ${JSON.stringify(await screen.link())} }]); }
      }`,
      );
      await stage.holdUp(await screen.page.screenshot({ type: 'jpeg' }));
      const loaded: string[] = [];
      phone.page.on('request', (request) => loaded.push(request.url()));
      await phone.button('Scan a code').click();
      await phone.heading('Do you want to sign in on this screen?').waitFor();
      expect(loaded.filter((url) => url.includes('decode'))).toEqual([]);
    }));
});
