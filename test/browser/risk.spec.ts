import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.js';
import { hasChromium } from './support/chromium.js';
import { type PhonePage, type ScreenPage, Stage } from './support/stage.js';

const from = (address: string) => ({ 'x-forwarded-for': address });
const HOME = '203.0.113.7';
const CAFE = '198.51.100.66';

describe.skipIf(!hasChromium)('a login that asks for as much as the risk demands', () => {
  let stage: Stage;
  beforeAll(async () => {
    const port = String(await freePort());
    stage = await Stage.set({
      PORT: port,
      PUBLIC_URL: `http://localhost:${port}`,
      TRUST_PROXY: 'loopback',
      CONFIRM_CHALLENGE: 'auto',
      SESSIONS_PER_DEVICE_TYPE: '0',
    });
  });
  afterAll(() => stage?.strike());

  it('asks for the number on a new screen, for one tap the second time, and for the number from another network', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen({ extraHTTPHeaders: from(HOME) });
      const phone = await scene.phone(await stage.account('Ada Lovelace'), { extraHTTPHeaders: from(HOME) });

      await phone.open(await screen.link());
      await phone.page.getByText('You have not signed in on it before.').waitFor();
      await confirmWithNumber(phone, screen);
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
      await phone.heading('Signed in on Chrome').waitFor();

      await signOut(screen);
      await phone.open(await screen.link());
      await screen.page.getByText('Now confirm on your phone').waitFor();
      expect(await input(phone).count()).toBe(0);
      expect(await phone.page.locator('#only-if p').count()).toBe(1);
      await phone.button('Confirm').click();
      // the account is known there: nothing is asked on the screen either
      await screen.heading('Hello, Ada Lovelace').waitFor();
      await phone.heading('Signed in on Chrome').waitFor();

      await signOut(screen);
      await phone.page.context().setExtraHTTPHeaders(from(CAFE));
      await phone.open(await screen.link());
      await phone.page.getByText('It is not in the network of this phone.').waitFor();
      expect(await phone.page.getByText('You have not signed in on it before.').count()).toBe(0);
      await confirmWithNumber(phone, screen);
      await screen.heading('Hello, Ada Lovelace').waitFor();
    }));
});

const input = ({ page }: PhonePage) => page.locator('who-asks [name=number]');

/** Types the number of the screen, and confirms. */
async function confirmWithNumber(phone: PhonePage, screen: ScreenPage) {
  await input(phone).fill((await screen.page.locator('qr-login [part=number]').textContent())!);
  await phone.button('Confirm').click();
}

async function signOut({ page, code }: ScreenPage) {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await code.waitFor();
}
