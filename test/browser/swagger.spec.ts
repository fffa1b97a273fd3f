import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible } from './support/axe.js';
import { type Scene, Stage } from './support/stage.js';

type Who = 'Screen' | 'Phone';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.set({ CONFIRM_CHALLENGE: 'number' });
});
afterAll(() => stage.strike());

/** Swagger UI with a person who only clicks. */
class Docs {
  private constructor(readonly page: Page) {}

  static async open(scene: Scene, options?: BrowserContextOptions): Promise<Docs> {
    const page = await (await scene.person(options)).newPage();
    await page.goto(`${stage.url}/docs`);
    await page.locator('.opblock').first().waitFor();
    return new Docs(page);
  }

  /** Executes the call with what its fields hold. @returns its HTTP status */
  async execute(operationId: string): Promise<string> {
    const status = (await this.press(operationId)).locator('.live-responses-table .response .response-col_status');
    await status.waitFor();
    return ((await status.textContent()) ?? '').slice(0, 3);
  }

  /** Executes a call that lacks something. @returns what Swagger UI says, which does not send it */
  async refused(operationId: string): Promise<string> {
    return (await this.press(operationId)).locator('.validation-errors').innerText();
  }

  async actAs(who: Who): Promise<void> {
    await this.persona(who).click();
  }

  /** What the bar says of a persona. */
  async facts(who: Who): Promise<string> {
    return (await this.persona(who).locator('span').textContent()) ?? '';
  }

  /** The whole login up to a scan. The account may be there already. */
  async scan(): Promise<void> {
    expect(['201', '409']).toContain(await this.execute('createAccount'));
    expect(await this.execute('signIn')).toBe('201');
    await this.actAs('Screen');
    expect(await this.execute('openTicket')).toBe('201');
    await this.actAs('Phone');
    expect(await this.execute('scanTicket')).toBe('200');
  }

  private persona(who: Who): Locator {
    return this.page.getByRole('button', { name: new RegExp(`^${who} `) });
  }

  /** Unfolds a call, and presses its button. */
  private async press(operationId: string): Promise<Locator> {
    const operation = this.page.locator(`.opblock[id$=-${operationId}]`);
    const button = operation.getByRole('button', { name: 'Execute' });
    if (!(await button.isVisible())) await operation.locator('.opblock-summary-control').click();
    await button.click();
    return operation;
  }
}

describe('Swagger UI', () => {
  it('runs a whole login by clicks alone: it carries ids, secrets and tokens from call to call', () =>
    stage.play(async (scene) => {
      const docs = await Docs.open(scene);
      await docs.scan();
      expect(await docs.facts('Phone')).toMatch(/^phone-1 · signed in as Ada Lovelace · has a scan token$/);
      await docs.actAs('Screen');
      expect(await docs.execute('getTicketStatus')).toBe('200');
      expect(await docs.facts('Screen')).toMatch(/^screen-1 · not signed in · ticket \w{8} scanned · number \d\d$/);
      await docs.actAs('Phone');
      expect(await docs.execute('confirmTicket')).toBe('204');
      await docs.actAs('Screen');
      expect(await docs.execute('redeemTicket')).toBe('200');
      // with tokens of its own
      expect(await docs.execute('getAccount')).toBe('200');
      expect(await docs.facts('Screen')).toMatch(/^screen-1 · signed in as Ada Lovelace · ticket \w{8} redeemed$/);
    }));

  it('gives a persona only what it knows: no secret to the phone, no scan token to the screen', () =>
    stage.play(async (scene) => {
      const docs = await Docs.open(scene);
      await docs.scan();
      expect(await docs.refused('getTicketStatus')).toContain("For 'X-Ticket-Secret': Required field");
      await docs.actAs('Screen');
      expect(await docs.execute('denyTicket')).toBe('401');
      // once opened, the field of the phone's call holds the phone's token only while the phone acts
      const body = docs.page.locator('.opblock[id$=-denyTicket] textarea');
      expect(await body.inputValue()).not.toMatch(/"scanToken": "[\w-]{43}"/);
      await docs.actAs('Phone');
      expect(await body.inputValue()).toMatch(/"scanToken": "[\w-]{43}"/);
      expect(await docs.execute('denyTicket')).toBe('204');
      expect(await body.inputValue()).not.toMatch(/"scanToken": "[\w-]{43}"/);
    }));

  it.for(['light', 'dark'] as const)('has a bar for everybody, on narrow windows too, in the %s theme', (colorScheme) =>
    stage.play(async (scene) => {
      const docs = await Docs.open(scene, { colorScheme, viewport: { width: 320, height: 640 } });
      await expectAccessible(docs.page, '.personas', [colorScheme]);
      const box = await docs.page.locator('.personas').boundingBox();
      expect(box!.width).toBe(320);
      expect(box!.height).toBeLessThan(120);
    }),
  );
});
