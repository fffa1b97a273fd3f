import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasChromium } from './support/chromium.js';
import { type Scene, ScreenPage, Stage } from './support/stage.js';

type Pair = Awaited<ReturnType<typeof pair>>;

describe.skipIf(!hasChromium)('the page of a screen that is loaded again during a login', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ CONFIRM_CHALLENGE: 'number', SESSIONS_PER_DEVICE_TYPE: '0' });
  });
  afterAll(() => stage?.strike());

  it('goes on where it was waiting, and the phone says that it is signed in', () =>
    stage.play(async (scene) => {
      const one = await pair(stage, scene);
      await one.screen.page.reload();
      await one.screen.code.waitFor();
      await one.phone.open(one.ticket.qrUrl);
      await confirm(one);
      await endsSignedIn(one);
    }));

  it('goes on where a phone has scanned, with the same number', () =>
    stage.play(async (scene) => {
      const one = await pair(stage, scene);
      const number = one.screen.page.locator('qr-login [part=number]');
      await one.phone.open(one.ticket.qrUrl);
      const before = await number.textContent();
      await one.screen.page.reload();
      expect(await number.textContent()).toBe(before);
      await confirm(one);
      await endsSignedIn(one);
    }));

  it('goes on where the phone has confirmed, which waits for it', () =>
    stage.play(async (scene) => {
      const one = await pair(stage, scene);
      await one.phone.open(one.ticket.qrUrl);
      await confirm(one);
      await one.screen.page.getByText('Continue as Ada Lovelace?').waitFor();
      await one.screen.page.reload();
      await one.screen.page.getByText('Continue as Ada Lovelace?').waitFor();
      expect(await one.phone.heading('Waiting for the screen').isVisible()).toBe(true);
      await endsSignedIn(one);
    }));

  it('goes on when its user comes back from another page, by the button of the browser', () =>
    stage.play(async (scene) => {
      const one = await pair(stage, scene);
      await one.phone.open(one.ticket.qrUrl);
      await one.screen.page.goto(`${stage.url}/phone`);
      await one.screen.page.goBack();
      await confirm(one);
      await endsSignedIn(one);
    }));

  it('tells the phone that it went away, where its user shows a new code in its place', () =>
    stage.play(async (scene) => {
      const one = await pair(stage, scene);
      await one.phone.open(one.ticket.qrUrl);
      await confirm(one);
      await one.screen.page.getByRole('button', { name: 'Not me: new code' }).click();
      await one.phone.heading('The screen went away').waitFor();
      await one.screen.code.waitFor();
    }));

  it('has a code of its own in each of two tabs, of which the phone signs in the one that it scans', () =>
    stage.play(async (scene) => {
      const one = await pair(stage, scene);
      // a page that is opened by another one gets a copy of its sessionStorage, like a duplicated tab
      const opening = one.screen.page.context().waitForEvent('page');
      await one.screen.page.evaluate('window.open(location.href)');
      const second = new ScreenPage(await opening, stage.url);
      await second.code.waitFor();
      const its = await second.ticket();
      expect(its.uuid).not.toBe(one.ticket.uuid);
      // each keeps its own over a reload
      for (const [tab, { uuid }] of [
        [second, its],
        [one.screen, one.ticket],
      ] as const) {
        await tab.page.reload();
        await tab.code.waitFor();
        expect((await tab.ticket()).uuid).toBe(uuid);
      }
      await one.phone.open(one.ticket.qrUrl);
      await confirm(one);
      await endsSignedIn(one);
      expect((await second.ticket()).uuid).toBe(its.uuid);
      expect(await second.code.isVisible()).toBe(true);
    }));
});

describe.skipIf(!hasChromium)('a code that changes every ten seconds', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ CODE_ROTATES: '10', CODE_OVERLAP: '5', SESSIONS_PER_DEVICE_TYPE: '0' });
  });
  afterAll(() => stage?.strike());

  it('is another one in the same ticket, and a photograph of it is worth nothing soon', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      await screen.code.waitFor();
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      const photograph = await screen.ticket();
      const path = screen.code.locator('path');
      const drawn = await path.getAttribute('d');
      await changed(screen);
      const last = await changed(screen);
      expect(last.uuid).toBe(photograph.uuid);
      expect(last.qrUrl).not.toBe(photograph.qrUrl);
      expect(await path.getAttribute('d')).not.toBe(drawn);
      await phone.page.goto(photograph.qrUrl);
      await phone.heading('The code has changed').waitFor();
      // and the waiting screen has not noticed
      await phone.open(await screen.link());
      await phone.button('Confirm').click();
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
      await phone.heading('Signed in on Chrome').waitFor();
    }));

  it('lets a phone in that has read it just before the change, and stands still afterwards', () =>
    stage.play(async (scene) => {
      const screen = await scene.screen();
      await screen.code.waitFor();
      const phone = await scene.phone(await stage.account('Ada Lovelace'));
      const { qrUrl } = await changed(screen);
      await changed(screen);
      await phone.open(qrUrl);
      await screen.page.getByText('Now confirm on your phone').waitFor();
      // the phone decides after the code, had it not been scanned, would have changed again
      const calls = screen.calls();
      await screen.page.waitForTimeout(11_000);
      expect(calls).not.toContain('GET /v1/tickets/{uuid}/code');
      await phone.button('Confirm').click();
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();
      await phone.heading('Signed in on Chrome').waitFor();
    }));
});

async function pair(stage: Stage, scene: Scene) {
  const screen = await scene.screen();
  const phone = await scene.phone(await stage.account('Ada Lovelace'));
  return { screen, phone, ticket: await screen.ticket(), opened: screen.calls() };
}

async function confirm({ screen, phone }: Pair) {
  const number = await screen.page.locator('qr-login [part=number]').textContent();
  await phone.page.locator('[name=number]').fill(number!);
  await phone.button('Confirm').click();
  await phone.heading('Waiting for the screen').waitFor();
}

/** Both sides say the same, and it was one ticket. */
async function endsSignedIn({ screen, phone, opened }: Pair) {
  await screen.goOn();
  await screen.heading('Hello, Ada Lovelace').waitFor();
  await phone.heading('Signed in on Chrome').waitFor();
  expect(opened).not.toContain('POST /v1/tickets');
}

/** The next code of this screen. */
async function changed(screen: ScreenPage) {
  const before = await screen.link();
  await vi.waitFor(async () => expect(await screen.link()).not.toBe(before), { timeout: 15_000 });
  return screen.ticket();
}
