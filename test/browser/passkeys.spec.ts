import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { expectAccessible, expectToFit } from './support/axe.js';
import { hasChromium } from './support/chromium.js';
import { VirtualAuthenticator } from './support/passkeys.js';
import { becomes, type PhonePage, type Scene, Stage } from './support/stage.js';

/** A signed-in phone whose account has a passkey. */
async function phoneWithPasskey(scene: Scene, username: string) {
  const phone = await scene.phone(username);
  const authenticator = await VirtualAuthenticator.plugIn(phone.page);
  await addOn(phone);
  return { phone, authenticator };
}

async function addOn(phone: PhonePage): Promise<void> {
  await phone.button('Add a passkey').click();
  await phone.page.getByText('The passkey was added.').waitFor();
}

const passkeysOf = (phone: PhonePage) => phone.page.locator('passkey-list li');

describe.runIf(hasChromium)('passkeys on the phone', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ CONFIRM_CHALLENGE: 'off', CONFIRM_VERIFY: 'auto', SESSIONS_PER_DEVICE_TYPE: '0' });
  });
  afterAll(() => stage.strike());

  it('are added, listed and removed on its home page, which stays accessible', () =>
    stage.play(async (scene) => {
      const { phone, authenticator } = await phoneWithPasskey(scene, await stage.account());
      expect(await authenticator.credentials()).toHaveLength(1);
      expect(await passkeysOf(phone).count()).toBe(1);
      await expectAccessible(phone.page);
      await expectToFit(phone.page);
      // the authenticator has one of this account already
      await phone.button('Add a passkey').click();
      await phone.page.getByText('The passkey was not used. Try again.').waitFor();
      await phone.button(/^Remove the passkey/).click();
      await becomes(() => passkeysOf(phone).count(), 0);
    }));

  it('sign it in without a user name, until they are removed', () =>
    stage.play(async (scene) => {
      const { phone } = await phoneWithPasskey(scene, await stage.account('Grace Hopper'));
      await phone.button('Sign this phone out').click();
      await phone.button('Sign in with a passkey').click();
      await phone.heading('Hello, Grace Hopper').waitFor();
      // the session lives on after a reload
      await phone.page.reload();
      await phone.heading('Hello, Grace Hopper').waitFor();
      await phone.button(/^Remove the passkey/).click();
      await becomes(() => passkeysOf(phone).count(), 0);
      await phone.button('Sign this phone out').click();
      await phone.button('Sign in with a passkey').click();
      await phone.page.getByText('This passkey is not known here. Sign in with your password.').waitFor();
    }));

  it('confirm by themselves where the account has one, and only with its user', () =>
    stage.play(async (scene) => {
      const { phone, authenticator } = await phoneWithPasskey(scene, await stage.account());
      const screen = await scene.screen();
      await phone.open(await screen.link());
      await authenticator.setVerified(false);
      await phone.button('Confirm').click();
      await phone.page.getByText('The passkey was not used. Try again.').waitFor();
      await authenticator.setVerified(true);
      await phone.button('Confirm').click();
      await screen.goOn();
      await screen.heading(/^Hello/).waitFor();
    }));

  it('are not asked for where the account has none', () =>
    stage.play(async (scene) => {
      const phone = await scene.phone(await stage.account());
      const screen = await scene.screen();
      await phone.open(await screen.link());
      await phone.button('Confirm').click();
      await screen.goOn();
      await screen.heading(/^Hello/).waitFor();
    }));

  it('are hidden where the browser has none, as on plain http outside localhost', () =>
    stage.play(async (scene) => {
      const phone = await scene.phone();
      await phone.page.goto(stage.url.replace('localhost', 'phone.test') + '/phone');
      await phone.page.locator('[name=username]').waitFor();
      expect(await phone.button('Sign in with a passkey').count()).toBe(0);
      await phone.signIn(await stage.account());
      await phone.page.locator('device-list li').first().waitFor();
      expect(await phone.button('Add a passkey').count()).toBe(0);
    }));
});

describe.runIf(hasChromium)('CONFIRM_VERIFY=always', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ CONFIRM_CHALLENGE: 'off', CONFIRM_VERIFY: 'always', SESSIONS_PER_DEVICE_TYPE: '0' });
  });
  afterAll(() => stage.strike());

  it('confirms with the passkey of the account', () =>
    stage.play(async (scene) => {
      const { phone } = await phoneWithPasskey(scene, await stage.account());
      const screen = await scene.screen();
      await phone.open(await screen.link());
      await phone.button('Confirm').click();
      await screen.goOn();
      await screen.heading(/^Hello/).waitFor();
    }));

  it('refuses an account without a passkey, and says what to do', () =>
    stage.play(async (scene) => {
      const phone = await scene.phone(await stage.account());
      const screen = await scene.screen();
      await phone.open(await screen.link());
      await phone.button('Confirm').click();
      await phone.page.getByText('This needs a passkey, and your account has none yet.').waitFor();
      expect(await screen.status.innerText()).toBe('Now confirm on your phone');
    }));
});

describe.runIf(hasChromium)('<qr-login passkey>', () => {
  let stage: Stage;
  let page: { url: string; close(): void };
  beforeAll(async () => {
    const port = await freePort();
    const origin = `http://localhost:${port}`;
    stage = await Stage.set({ CORS_ORIGINS: origin, PASSKEY_ORIGINS: origin });
    page = await servePage(port, stage.url);
  });
  afterAll(async () => {
    page?.close();
    await stage?.strike();
  });

  it('signs in with a passkey as after a scan, on a foreign page, with a session that is bound', () =>
    stage.play(async (scene) => {
      const { phone, authenticator } = await phoneWithPasskey(scene, await stage.account('Grace Hopper'));
      const screen = await scene.screen({}, `${page.url}/?passkey`);
      await screen.code.waitFor();
      const own = await VirtualAuthenticator.plugIn(screen.page);
      await own.take((await authenticator.credentials())[0]!);
      await screen.page.getByRole('button', { name: 'Use a passkey instead' }).click();
      await screen.page.getByText('Signed in: Grace Hopper, DPoP').waitFor();
      await phone.page.reload();
      await becomes(() => phone.page.locator('new-screens li').count(), 1);
    }));

  it('goes on with the code when the passkey is declined, and is gone while a phone decides', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({}, `${page.url}/?passkey`);
      await screen.code.waitFor();
      await VirtualAuthenticator.plugIn(screen.page);
      const button = screen.page.getByRole('button', { name: 'Use a passkey instead' });
      await button.click();
      await screen.page.getByText('The passkey was not used').waitFor();
      await expectAccessible(screen.page);
      await (await stage.signedInPhone()).scan(await screen.ticket());
      await screen.status.filter({ hasText: 'Now confirm on your phone' }).waitFor();
      expect(await button.count()).toBe(0);
    }));

  it('offers and loads none without the attribute', () =>
    stage.play(async (scene) => {
      const context = await scene.person();
      const tab = await context.newPage();
      const loaded: string[] = [];
      tab.on('request', (request) => loaded.push(new URL(request.url()).pathname));
      await tab.goto(page.url);
      await tab.locator('qr-login svg[part=code]').waitFor();
      expect(await tab.getByRole('button', { name: 'Use a passkey instead' }).count()).toBe(0);
      expect(loaded).not.toContain('/assets/passkey.js');
    }));
});

/** A page of somebody else with the element; with `?passkey`, the attribute. */
async function servePage(port: number, login: string) {
  const server = http.createServer((request, response) => {
    const attribute = request.url === '/?passkey' ? 'passkey' : '';
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><html lang="en"><title>Somebody else’s page</title>
      <main><h1>Welcome</h1><qr-login base-url="${login}" bound ${attribute}></qr-login></main>
      <script type="module" src="${login}/assets/qr-login.js"></script>
      <script type="module">
        const login = document.querySelector('qr-login');
        login.addEventListener('login', ({ detail: { tokens } }) =>
          login.replaceWith('Signed in: ' + tokens.account.displayName + ', ' + tokens.tokenType));
      </script></html>`);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://localhost:${port}`, close: () => server.close() };
}
