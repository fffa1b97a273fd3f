import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from './support/chromium.js';
import { Stage } from './support/stage.js';

describe.skipIf(!hasChromium)('the number that is to be typed', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ CONFIRM_CHALLENGE: 'number' });
  });
  afterEach(() => stage?.clear());
  afterAll(() => stage?.strike());

  async function scanned() {
    const screen = await stage.screen();
    const phone = await stage.phone(await stage.account('Ada Lovelace'));
    await phone.open(await screen.link());
    const number = (await screen.page.locator('qr-login [part=number]').textContent())!;
    return { screen, phone, number, input: phone.page.locator('[name=number]') };
  }

  it('is on the screen, and lets the person in who types it', async () => {
    const { screen, phone, number, input } = await scanned();
    expect(number).toMatch(/^\d\d$/);
    expect(await screen.status.textContent()).toBe('Type this number on your phone');
    await phone.button('Confirm').click();
    await phone.page.getByRole('alert').getByText('Type the two digits').waitFor();
    await input.fill(number);
    await phone.button('Confirm').click();
    await screen.heading('Hello, Ada Lovelace').waitFor();
  });

  it('refuses the screen after the third wrong one', async () => {
    const { screen, phone, number, input } = await scanned();
    const wrong = String(10 + ((Number(number) - 9) % 90));
    for (const left of ['2 more tries', 'one more try']) {
      await input.fill(wrong);
      await phone.button('Confirm').click();
      await phone.page.getByRole('alert').getByText(left).waitFor();
    }
    await phone.button('Confirm').click();
    await phone.page.getByText('The number was wrong three times').waitFor();
    await expect.poll(() => screen.status.textContent()).toBe('The sign-in was refused on the phone');
  });
});
