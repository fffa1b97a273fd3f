import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/http.js';
import { hasChromium } from './support/chromium.js';
import { becomes, PhonePage, type Scene, Stage } from './support/stage.js';

const WHO = 'Do you want to sign in on this screen?';
const NUMBER = { CONFIRM_CHALLENGE: 'number', SESSIONS_PER_DEVICE_TYPE: '0' };

describe.skipIf(!hasChromium)('a signed-in phone that opens the link of a code', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ SESSIONS_PER_DEVICE_TYPE: '0' });
  });
  afterAll(() => stage?.strike());

  async function opened(scene: Scene) {
    const screen = await scene.screen();
    const phone = await scene.phone(await stage.account('Ada Lovelace'));
    return { screen, phone, link: await screen.link() };
  }

  it('goes straight to who asks, without a tap, and the request for the page changes nothing', () =>
    stage.play(async (scene) => {
      const { screen, phone, link } = await opened(scene);
      expect((await fetch(link)).status).toBe(200);
      expect(await screen.code.count()).toBe(1);
      const posted = postsOf(phone);
      await phone.page.goto(link);
      await phone.heading(WHO).waitFor();
      expect(posted).toEqual(['/v1/sessions/refresh', '/v1/tickets/{uuid}/scan']);
    }));

  it('scans nothing while the page cannot be seen, as in a background tab or a page that was loaded ahead', () =>
    stage.play(async (scene) => {
      const { screen, phone, link } = await opened(scene);
      await phone.page.addInitScript(
        `window.isUnseen = true; Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.isUnseen })`,
      );
      const posted = postsOf(phone);
      await phone.page.goto(link);
      await phone.page.locator('main[data-at=ticket]').waitFor();
      await phone.page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
      expect(posted).toEqual(['/v1/sessions/refresh']);
      expect(await screen.code.count()).toBe(1);
      await phone.page.evaluate(`window.isUnseen = false; document.dispatchEvent(new Event('visibilitychange'))`);
      await phone.heading(WHO).waitFor();
    }));

  it('asks first where another site has opened it, which might want to learn the name of its visitor', () =>
    stage.play(async (scene) => {
      const { screen, phone, link } = await opened(scene);
      await phone.page.route('http://elsewhere.test/', (route) =>
        route.fulfill({ contentType: 'text/html', body: `<a href="${link}">Win a prize</a>` }),
      );
      await phone.page.goto('http://elsewhere.test/');
      const posted = postsOf(phone);
      await phone.page.getByRole('link').click();
      await phone.heading('A screen wants to sign in').waitFor();
      await phone.page.getByText('is shown your name, Ada Lovelace').waitFor();
      expect(posted).toEqual(['/v1/sessions/refresh']);
      expect(await screen.code.count()).toBe(1);
      await phone.button('See who asks').click();
      await phone.heading(WHO).waitFor();
    }));

  it('asks first even if that site then changes the fragment of the link in the tab that it has opened', () =>
    stage.play(async (scene) => {
      const { screen, phone, link } = await opened(scene);
      const context = phone.page.context();
      await context.route('http://elsewhere.test/', (route) =>
        route.fulfill({ contentType: 'text/html', body: 'Win a prize' }),
      );
      await phone.page.goto('http://elsewhere.test/');
      const opening = context.waitForEvent('page');
      await phone.page.evaluate(`window.victim = window.open(${JSON.stringify(link)})`);
      const second = new PhonePage(await opening, stage.url);
      await second.heading('A screen wants to sign in').waitFor();
      const posted = postsOf(second);
      const resumed = second.page.waitForResponse('**/v1/sessions/refresh');
      await phone.page.evaluate(`window.victim.location = ${JSON.stringify(`${link}&again`)}`);
      await resumed;
      await second.heading('A screen wants to sign in').waitFor();
      expect(posted).toEqual(['/v1/sessions/refresh']);
      expect(await screen.code.count()).toBe(1);
    }));

  it('says which tab goes on, where the same phone opens it in two', () =>
    stage.play(async (scene) => {
      const { screen, phone, link } = await opened(scene);
      await phone.open(link);
      const second = await phone.secondTab();
      await second.open(link);
      await phone.heading('Opened again in another tab').waitFor();
      await phone.button('Go on here').click();
      await phone.heading(WHO).waitFor();
      await second.heading('Opened again in another tab').waitFor();
      await phone.button('Confirm').click();
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
    }));

  it('says so when it decides, where the tabs of the browser cannot tell each other', () =>
    stage.play(async (scene) => {
      const { phone, link } = await opened(scene);
      await phone.page.addInitScript('delete window.BroadcastChannel');
      await phone.open(link);
      await (await phone.secondTab()).open(link);
      await phone.button('Confirm').click();
      await phone.heading('Opened again in another tab').waitFor();
    }));

  it('says that there is no network, and that it is back, on every page', () =>
    stage.play(async (scene) => {
      const { phone, link } = await opened(scene);
      const context = phone.page.context();
      const goesAndComes = async (page: PhonePage['page']) => {
        const said = page.getByRole('status').getByText('No connection');
        await context.setOffline(true);
        await said.waitFor();
        await context.setOffline(false);
        await said.waitFor({ state: 'detached' });
      };
      await goesAndComes(phone.page);
      await phone.open(link);
      await goesAndComes(phone.page);
      await phone.button('Not now').click();
      await phone.heading('Not signed in').waitFor();
      await goesAndComes(phone.page);
    }));

  it('is led to another account: signed out, and to a new code', () =>
    stage.play(async (scene) => {
      const { screen, phone, link } = await opened(scene);
      await phone.open(link);
      await phone.button('Switch account').click();
      await phone.heading('Sign in').waitFor();
      expect(new URL(phone.page.url()).pathname).toBe('/phone');
      await becomes(() => screen.code.count(), 1);
      expect(await screen.link()).not.toBe(link);
    }));

  it.each([
    [{ width: 390, height: 844 }, 0],
    [{ width: 320, height: 568 }, undefined],
  ])('has the primary button in view at %o', (viewport, scrolled) =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const phone = await scene.phone(await stage.account('Ada Lovelace'), { viewport });
      await phone.open(await screen.link());
      for (const name of ['It was not me', 'Confirm']) {
        const box = (await phone.button(name).boundingBox())!;
        expect(box.y + box.height, name).toBeLessThanOrEqual(viewport.height);
        expect(box.height, name).toBeGreaterThanOrEqual(44);
      }
      if (scrolled !== undefined) expect(await overflowOf(phone.page)).toBe(scrolled);
    }),
  );

  it('puts what is wrong with a field at that field', () =>
    stage.play(async (scene) => {
      const { page } = await scene.phone();
      await page.goto(`${stage.url}/phone`);
      const faultOf = async (name: string) => {
        const input = page.locator(`[name=${name}]`);
        expect(await input.getAttribute('aria-invalid')).toBe('true');
        return page.locator(`#${await input.getAttribute('aria-describedby')}`).innerText();
      };
      await page.locator('sign-in-form button').first().click();
      expect(await faultOf('username')).toBe('Type your user name.');
      expect(await faultOf('password')).toBe('Type your password.');
      expect(await page.locator(':focus').getAttribute('name')).toBe('username');

      await page.getByRole('button', { name: 'No account yet?' }).click();
      await page.locator('[name=username]').fill(await stage.account());
      await page.locator('[name=password]').fill('short');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('at least 8 characters, and must').waitFor();
      expect(await faultOf('password')).toContain('at least 8 characters');
      expect(await page.locator('[name=username]').getAttribute('aria-invalid')).toBe('false');
      expect(await page.locator(':focus').getAttribute('name')).toBe('password');
      await page.locator('[name=password]').fill('a long enough passphrase');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('is taken').waitFor();
      expect(await faultOf('username')).toContain('is taken');
    }));
});

describe.skipIf(!hasChromium)('a phone that has confirmed', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ SESSIONS_PER_DEVICE_TYPE: '0' });
  });
  afterAll(() => stage?.strike());

  /** A phone that waits for a screen, which is no browser but the calls of one. */
  async function waiting(scene: Scene, isCut = false) {
    const { body } = await call('POST', `${stage.url}/v1/tickets`, { json: { device: { id: 'screen', type: 'web' } } });
    const ticket = `${stage.url}/v1/tickets/${body.uuid}`;
    const headers = { 'x-ticket-secret': body.secret as string, 'x-device-id': 'screen' };
    const phone = await scene.phone(await stage.account('Ada Lovelace'));
    await phone.open(`${stage.url}/l/${body.uuid}`);
    if (isCut) await phone.page.route('**/outcome?*', (route) => route.abort());
    await phone.button('Confirm').click();
    await phone.heading('Waiting for the screen').waitFor();
    return {
      phone,
      redeem: () => call('POST', `${ticket}/redeem`, { json: {}, headers }),
      cancel: () => call('DELETE', ticket, { headers }),
    };
  }

  it('says “signed in” only once the screen is, and names it', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.open(await screen.link());
      await phone.button('Confirm').click();
      await screen.page.getByText('Continue as Ada Lovelace?').waitFor();
      await phone.heading('Waiting for the screen').waitFor();
      expect(await phone.heading(/signed in/i).count()).toBe(0);
      await screen.goOn();
      await phone.heading(/^Signed in on Chrome \d+, /).waitFor();
      await screen.heading('Hello, Ada Lovelace').waitFor();
      await phone.page.reload();
      await phone.heading('The screen is signed in').waitFor();
    }));

  it('says that the screen went away where it did, and what to do, and nothing else after a reload', () =>
    stage.play(async (scene) => {
      const { phone, cancel, redeem } = await waiting(scene);
      await phone.page.reload();
      await phone.heading('Waiting for the screen').waitFor();
      await cancel();
      await phone.heading('The screen went away').waitFor();
      await phone.button('Scan a code').waitFor();
      expect((await redeem()).status).toBe(409);
      await phone.page.reload();
      await phone.heading('The screen went away').waitFor();
    }));

  it('waits through an outage, and then tells how it ended meanwhile', () =>
    stage.play(async (scene) => {
      const { phone, redeem } = await waiting(scene, true);
      expect((await redeem()).status).toBe(200);
      await phone.page.unroute('**/outcome?*');
      await phone.heading(/signed in/i).waitFor();
    }));

  it('says nothing that it does not know, where it is reloaded during an outage', () =>
    stage.play(async (scene) => {
      const { phone, redeem } = await waiting(scene, true);
      await phone.page.reload();
      await phone.heading('No connection').waitFor();
      expect((await redeem()).status).toBe(200);
      await phone.page.unroute('**/outcome?*');
      await phone.button('Try again').click();
      await phone.heading('The screen is signed in').waitFor();
    }));

  it('knows after a reload what it has answered', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.open(await screen.link());
      await phone.page.reload();
      await phone.heading(WHO).waitFor();
      await phone.button('It was not me').click();
      await phone.heading('Refused').waitFor();
      await phone.page.reload();
      await phone.heading('Not signed in').waitFor();
    }));
});

describe.skipIf(!hasChromium)('the number, on the phone', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ ...NUMBER, TICKET_DECIDE_WITHIN: '12' });
  });
  afterAll(() => stage?.strike());

  it('has the focus on arrival, and again, emptied, after a wrong one', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.open(await screen.link());
      const number = Number(await screen.page.locator('qr-login [part=number]').textContent());
      await phone.page.locator('input.number:focus').waitFor();
      await phone.page.keyboard.type(String(10 + ((number - 9) % 90)));
      await phone.page.keyboard.press('Enter');
      await phone.page.getByRole('alert').getByText('2 more tries').waitFor();
      const input = phone.page.locator('input.number:focus');
      await input.waitFor();
      expect(await input.inputValue()).toBe('');
      expect(await input.getAttribute('aria-invalid')).toBe('true');
      await phone.page.keyboard.type(String(number));
      await phone.page.keyboard.press('Enter');
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
    }));

  it('is too late by itself, and the page says what to do', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.open(await screen.link());
      await phone.page.getByRole('timer').getByText('left to decide').waitFor();
      await phone.heading('This code has expired').waitFor();
      await phone.button('Scan a code').click();
      await phone.page.locator('camera-scan').waitFor();
    }));
});

/** Paths of the calls that change something, from now on. */
function postsOf({ page }: PhonePage): string[] {
  const paths: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === 'POST') paths.push(pathname.replace(/[0-9a-f-]{36}/, '{uuid}'));
  });
  return paths;
}

/** Pixels that one would have to scroll. */
function overflowOf(page: PhonePage['page']): Promise<number> {
  return page.evaluate('document.documentElement.scrollHeight - document.documentElement.clientHeight');
}
