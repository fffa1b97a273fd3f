import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedInPhone } from '../support/actors.js';
import { expectAccessible, expectToFit } from './support/axe.js';
import { hasChromium } from './support/chromium.js';
import { becomes, type PhonePage, type Scene, type ScreenPage, Stage } from './support/stage.js';

const newOn = ({ page }: PhonePage) => page.locator('new-screens li');
const known = ({ page }: PhonePage) => page.locator('device-list section > ul > li').filter({ hasText: 'Web page' });
const NARROW = { viewport: { width: 320, height: 640 } };

describe.skipIf(!hasChromium)('the home of a phone', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ SESSIONS_PER_DEVICE_TYPE: '0' });
  });
  afterAll(() => stage?.strike());

  /** Signs a screen in by a phone program of the account, while its other phones look on. */
  async function signInOn(scene: Scene, username: string): Promise<ScreenPage> {
    const screen = await scene.screen();
    const other = await signedInPhone(stage.url, username);
    const ticket = { ...(await screen.ticket()), qrUrl: await screen.link() };
    await other.scan(ticket);
    await other.confirm(ticket);
    await screen.goOn();
    await screen.heading(/^Hello/).waitFor();
    return screen;
  }

  it('shows a new sign-in elsewhere at once, and ends it with one tap', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const phone = await scene.phone(ada, NARROW);
      const screen = await signInOn(scene, ada);
      await phone.page
        .getByRole('status')
        .getByText(/^New sign-in on Chrome \d+\.$/)
        .waitFor();
      await newOn(phone).getByText('New', { exact: true }).waitFor();
      expect(await known(phone).count()).toBe(0);
      await expectAccessible(phone.page);
      await expectToFit(phone.page);
      await phone.button(/^Sign out and forget Chrome/).click();
      await screen.page.getByText('This screen was signed out from another device.').waitFor();
      await phone.page.getByRole('status').getByText('was forgotten. It is signed out.').waitFor();
      await becomes(() => newOn(phone).count(), 0);
      await expectAccessible(phone.page);
    }));

  it('keeps a screen that its owner approves, and lists it with the known ones, also after a reload', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const screen = await signInOn(scene, ada);
      const phone = await scene.phone(ada, NARROW);
      await phone.button(/^This is mine: Chrome/).click();
      await phone.page.getByRole('status').getByText('is one of your screens now.').waitFor();
      await becomes(async () => [await newOn(phone).count(), await known(phone).count()], [0, 1]);
      await phone.page.reload();
      await known(phone).first().waitFor();
      expect(await newOn(phone).count()).toBe(0);
      // it ends by itself, and the phone is told
      await screen.page.getByRole('button', { name: 'Sign out' }).click();
      await becomes(() => known(phone).count(), 0);
      await phone.page.getByText('Screens that you know, signed out (1)').click();
      await expectAccessible(phone.page);
      await expectToFit(phone.page);
      await phone.button(/^Forget Chrome/).click();
      await phone.page.getByText('Screens that you know').waitFor({ state: 'detached' });
    }));

  it('is over at once where the phone was signed out elsewhere', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const phone = await scene.phone(ada);
      const other = await signedInPhone(stage.url, ada);
      const session = (await other.sessions()).body.sessions.find(({ current }) => !current);
      await other.as('DELETE', `/v1/sessions/${session!.id}`);
      await phone.page.getByText('This phone was signed out from another device.').waitFor();
    }));

  it('is told nothing while it is hidden, and catches up when it is visible again', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const phone = await scene.phone(ada);
      await hide(phone, true);
      await signInOn(scene, ada);
      expect(await newOn(phone).count()).toBe(0);
      await hide(phone, false);
      await newOn(phone).first().waitFor();
    }));

  it('connects again after the connection for notices has failed', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const phone = await scene.phone(ada);
      await phone.page.route('**/v1/account/notices', (route) => route.abort());
      const tried = phone.page.waitForRequest('**/v1/account/notices');
      await phone.page.reload();
      await tried;
      await phone.page.locator('device-list li').first().waitFor();
      await phone.page.unroute('**/v1/account/notices');
      const connected = phone.page.waitForResponse('**/v1/account/notices');
      await connected;
      await signInOn(scene, ada);
      await phone.page.getByRole('status').getByText('New sign-in on Chrome').waitFor();
    }));

  it('after “It was not me”, signs out all screens that were not approved, when asked, and says how many', () =>
    stage.play(async (scene) => {
      const ada = await stage.account('Ada Lovelace');
      const screen = await signInOn(scene, ada);
      const phone = await scene.phone(ada, NARROW);
      await phone.open(await (await scene.screen()).link());
      await phone.button('It was not me').click();
      await phone.heading('Refused').waitFor();
      await phone.button('Sign out all screens that you have not approved').click();
      await phone.page.getByText(/^Sign out and forget Chrome \d+\?$/).waitFor();
      await expectAccessible(phone.page);
      await expectToFit(phone.page);
      await screen.heading(/^Hello/).waitFor();
      await phone.button('Sign out 1 screen').click();
      await phone.page.getByRole('status').getByText('One screen was signed out.').waitFor();
      await screen.page.getByText('This screen was signed out from another device.').waitFor();
      expect(await phone.button(/Sign out/).count()).toBe(0);
    }));

  it('after “It was not me”, says so where every screen was approved', () =>
    stage.play(async (scene) => {
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      await phone.open(await (await scene.screen()).link());
      await phone.button('It was not me').click();
      await phone.button('Sign out all screens that you have not approved').click();
      await phone.page.getByRole('status').getByText('There is no such screen.').waitFor();
    }));
});

function hide({ page }: PhonePage, isHidden: boolean): Promise<unknown> {
  return page.evaluate(
    `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} });` +
      `document.dispatchEvent(new Event('visibilitychange'))`,
  );
}
