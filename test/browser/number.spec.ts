import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from './support/chromium.js';
import { becomes, type Scene, Stage } from './support/stage.js';

describe.skipIf(!hasChromium)('the number that is to be typed', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ CONFIRM_CHALLENGE: 'number' });
  });
  afterAll(() => stage?.strike());

  async function scanned(scene: Scene) {
    const screen = await scene.screen();
    const phone = await scene.phone(await stage.account('Ada Lovelace'));
    await phone.open(await screen.link());
    const number = (await screen.page.locator('qr-login [part=number]').textContent())!;
    return { screen, phone, number, input: phone.page.locator('[name=number]') };
  }

  it('is on the screen, and lets the person in who types it', () =>
    stage.play(async (scene) => {
      const { screen, phone, number, input } = await scanned(scene);
      expect(number).toMatch(/^\d\d$/);
      expect(await screen.status.textContent()).toBe('Type this number on your phone');
      await phone.button('Confirm').click();
      await phone.page.getByRole('alert').getByText('Type the two digits').waitFor();
      await input.fill(number);
      await phone.button('Confirm').click();
      await screen.heading('Hello, Ada Lovelace').waitFor();
    }));

  it('refuses the screen after the third wrong one', () =>
    stage.play(async (scene) => {
      const { screen, phone, number, input } = await scanned(scene);
      const wrong = String(10 + ((Number(number) - 9) % 90));
      for (const left of ['2 more tries', 'one more try']) {
        await input.fill(wrong);
        await phone.button('Confirm').click();
        await phone.page.getByRole('alert').getByText(left).waitFor();
      }
      await phone.button('Confirm').click();
      await phone.page.getByText('The number was wrong three times').waitFor();
      await becomes(() => screen.status.textContent(), 'The sign-in was refused on the phone');
    }));
});
