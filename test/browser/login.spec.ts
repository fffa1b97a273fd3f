import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/actors.js';
import { hasChromium } from './support/chromium.js';
import { becomes, Stage } from './support/stage.js';

describe.skipIf(!hasChromium)('a login, between two browsers', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set();
  });
  afterAll(() => stage?.strike());

  it("goes all the way: the phone's camera reads the code on the screen", () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      await screen.code.waitFor();
      await stage.holdUp(
        await screen.page.screenshot({ type: 'jpeg', quality: 90, clip: { x: 480, y: 20, width: 800, height: 640 } }),
      );

      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.button('Scan a code').click();
      await phone.heading('Do you want to sign in on this screen?').waitFor();
      await screen.page.getByText('Hello, Ada Lovelace').waitFor();
      expect(await screen.code.count()).toBe(0);
      await becomes(() => screen.status.textContent(), 'Now confirm on your phone');

      await phone.button('Confirm').click();
      await phone.heading('Waiting for the screen').waitFor();
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
      await screen.page.getByText('Accepted by the server at').waitFor({ state: 'attached' });
    }));

  it('binds the session to a key of the browser, which is used after a reload too and cannot be extracted', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const { page } = screen;
      const phone = await stage.signedInPhone();
      const proofs: (string | undefined)[] = [];
      page.on('request', (request) => {
        if (/\/(redeem|refresh|account)$/.test(request.url())) proofs.push(request.headers()['dpop']);
      });
      await screen.code.waitFor();
      const ticket = await screen.ticket();
      await phone.scan(ticket);
      await phone.confirm(ticket);
      await screen.goOn();
      await page.getByText('Accepted by the server at').waitFor({ state: 'attached' });
      await page.reload();
      await page.getByText('Accepted by the server at').waitFor({ state: 'attached' });
      expect(proofs.length).toBeGreaterThanOrEqual(4);
      for (const proof of proofs) expect(proof).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(new Set(proofs).size).toBe(proofs.length);

      const exported = page.evaluate(`new Promise((resolve, reject) => {
        const opening = indexedDB.open('scan-login');
        opening.onsuccess = () => {
          const kept = opening.result.transaction('keys').objectStore('keys').get('screen');
          kept.onsuccess = () => crypto.subtle.exportKey('jwk', kept.result.privateKey).then(resolve, reject);
        };
      })`);
      await expect(exported).rejects.toThrow('key is not extractable');

      // a thief with everything that the browser sends, but without its key: the cookie alone gets no tokens
      const [cookie] = await page.context().cookies(`${stage.url}/v1/sessions`);
      const stolen = await fetch(`${stage.url}/v1/sessions/refresh`, {
        method: 'POST',
        headers: {
          cookie: `${cookie!.name}=${cookie!.value}`,
          origin: stage.url,
          'x-device-id': await page.evaluate(`localStorage.getItem('scan-login.screen')`),
        },
      });
      expect(await stolen.json()).toMatchObject({ status: 401, code: 'proof_invalid' });
    }));

  it('works by the link, and by the keyboard alone', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const { page } = await scene.phone();
      await page.goto(await screen.link());
      await page.locator('[name=username]').focus();
      await page.keyboard.type(await stage.account('Ada Lovelace'));
      await page.keyboard.press('Tab');
      await page.keyboard.type(PASSWORD);
      await page.keyboard.press('Enter');
      await page.locator('who-asks h1:focus').waitFor();
      // the heading has the focus, and neither button; both are reached by the same key
      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').textContent()).toContain('It was not me');
      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').textContent()).toContain('Confirm');
      await page.keyboard.press('Enter');
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
    }));

  it('lets a person create an account on the phone on the way', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const phone = await scene.phone();
      await phone.page.goto(await screen.link());
      await phone.button('No account yet? Create one').click();
      await phone.page.locator('[name=displayName]').fill('Grace Hopper');
      await phone.signIn(`grace.${Date.now()}`, 'short');
      await phone.page.getByRole('alert').getByText('at least 8 characters').waitFor();
      await phone.page.locator('[name=password]').fill(PASSWORD);
      await phone.button('Create account and continue').click();
      await phone.button('Confirm').click();
      await screen.goOn();
      await screen.heading('Hello, Grace Hopper').waitFor();
    }));

  it('tells the person on the phone who asks', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.open(await screen.link());
      const facts = await phone.page.locator('who-asks dl').innerText();
      expect(facts).toMatch(/Browser\s+Chrome \d+/);
      expect(facts).toMatch(/System\s+\S+/);
      expect(facts).toMatch(/Address\s+127\.0\.0\.(1|0\/24)\s/);
      // which of the three depends on the addresses of this machine
      expect(facts).toMatch(/Network\s+(The same as|Not the one|Not known)/);
      expect(facts).toMatch(/Asking since\s+\d+:\d+ .*ago|now/);
      const [no, yes] = await Promise.all(['It was not me', 'Confirm'].map((name) => phone.button(name).boundingBox()));
      expect([yes!.width, yes!.height]).toEqual([no!.width, no!.height]);
    }));

  it('ends with a refusal when the person says that it was not them', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.open(await screen.link());
      await phone.button('It was not me').click();
      await phone.heading('Refused').waitFor();
      await becomes(() => screen.status.textContent(), 'The phone said that it was not them');
      await screen.page.getByRole('button', { name: 'Show a new code' }).click();
      await screen.code.waitFor();
    }));

  it('tells a second phone that another one is deciding', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const link = await screen.link();
      const first = await stage.signedInPhone();
      expect((await first.scan(await screen.ticket())).status).toBe(200);
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.page.goto(link);
      await phone.heading('Another phone is deciding').waitFor();
    }));

  it.each([
    ['a name that no ticket has', '0d3adbee-0000-4000-8000-000000000000', 'There is no such code'],
    ['something that is no name', 'nonsense', 'There is no such code'],
  ])('explains what is wrong with a link with %s', (_, uuid, heading) =>
    stage.play(async (scene) => {
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.page.goto(`${stage.url}/l/${uuid}`);
      await phone.heading(heading).waitFor();
    }),
  );

  it('says that a used code is over', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      const link = await screen.link();
      const ticket = await screen.ticket();
      const other = await stage.signedInPhone();
      await other.scan(ticket);
      await other.confirm(ticket);
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.page.goto(link);
      await phone.heading('This code was used').waitFor();
    }));

  it('is in Chinese for browsers that prefer it, and for people who choose it', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({ locale: 'zh-CN' });
      await screen.heading('扫码登录').waitFor();
      await screen.page.getByText('用手机相机扫描二维码').waitFor();
      expect(await screen.page.locator('html').getAttribute('lang')).toBe('zh-CN');

      const phone = await scene.phone(undefined, { locale: 'en-GB' });
      await phone.page.goto(await screen.link());
      await phone.button('中文').click();
      await phone.heading('登录').waitFor();
      await phone.page.reload();
      await phone.heading('登录').waitFor();
      await phone.signIn(await stage.account('Ada Lovelace'));
      await phone.heading('确认登录这台设备？').waitFor();
      await phone.button('确认登录').click();
      await screen.page.getByText('以“Ada Lovelace”的身份继续？').waitFor();
      await screen.goOn();
      await screen.heading('Ada Lovelace，您好').waitFor();
    }));
});
