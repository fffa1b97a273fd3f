import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/http.js';
import { freePort } from '../support/free-port.js';
import { expectAccessible, expectToFit } from './support/axe.js';
import { hasChromium } from './support/chromium.js';
import { type PhonePage, type Scene, Stage } from './support/stage.js';

// The one page that an attacker needs a person to misread. Everything that it says of the screen comes from outside.

const FROM: Record<string, string | undefined> = { same: '192.168.1.5', different: '203.0.113.7', unknown: undefined };
const PHONE = { viewport: { width: 320, height: 640 }, extraHTTPHeaders: { 'x-forwarded-for': '192.168.1.6' } };
const PROGRAM = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';

describe.skipIf(!hasChromium)('the phone, asked whether a screen may sign in,', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    const port = String(await freePort());
    stage = await Stage.set({
      PORT: port,
      PUBLIC_URL: `http://localhost:${port}`,
      TRUST_PROXY: 'loopback',
      SESSIONS_PER_DEVICE_TYPE: '0',
    });
  });
  afterAll(() => stage?.strike());

  interface Asking {
    network?: string;
    name?: string;
    displayName?: string;
  }

  /** A phone at the question who asks. */
  async function asked(scene: Scene, { network = 'same', name, displayName = 'Ada Lovelace' }: Asking = {}) {
    const opened = await call('POST', `${stage.url}/v1/tickets`, {
      json: { device: { id: 'screen', type: 'desktop', name } },
      headers: { 'x-forwarded-for': FROM[network], 'user-agent': PROGRAM },
    });
    const phone = await scene.phone(await stage.account(displayName), PHONE);
    await phone.open(`${stage.url}/l/${opened.body.uuid}`);
    return phone;
  }

  it('reads what the server saw before what the screen says of itself', () =>
    stage.play(async (scene) => {
      const phone = await asked(scene, { name: 'Office PC' });
      const lines = (await phone.page.locator('who-asks').innerText()).split(/\s*\n+\s*/);
      const order = ['Network', 'Browser', 'System', 'Address', 'Asking since'].map((fact) => lines.indexOf(fact));
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(Math.min(...order)).toBeGreaterThan(0);
      const claim = lines.findIndex((line) => line.startsWith('It calls itself “Office PC”'));
      expect(claim).toBeGreaterThan(Math.max(...order));
      expect(lines[claim]).toContain('a desktop program');
      expect(lines.join(' ')).toContain('Firefox 145');
      expect(lines.join(' ')).toContain('Windows 10');
      const [no, yes] = await Promise.all(['It was not me', 'Confirm'].map((each) => phone.button(each).boundingBox()));
      expect([yes!.width, yes!.height]).toEqual([no!.width, no!.height]);
    }));

  it.each([
    ['same', 'The same as this phone’s'],
    ['different', 'Not the one that this phone is in'],
    ['unknown', 'Not known whether it is near this phone'],
  ])('is warned about the network: %s', (network, text) =>
    stage.play(async (scene) => {
      const phone = await asked(scene, { network });
      await phone.page.getByText('Confirm only if this screen is in front of you').waitFor();
      expect(await phone.button('Confirm').getAttribute('aria-describedby')).toBe('only-if');
      const shown = phone.page.locator('who-asks dd').first();
      expect(await shown.innerText()).toBe(text);
      expect(await shown.locator('.warn').count()).toBe(network === 'same' ? 0 : 1);
      await expectAccessible(phone.page);
      await expectToFit(phone.page);
    }),
  );

  const REASONS = {
    new_screen: 'You have not signed in on it before.',
    screen_without_key: 'It has no key by which it could be known again.',
    different_network: 'It is not in the network of this phone.',
    unknown_network: 'It is not known whether it is near this phone.',
    new_place: 'You have not signed in from that place before.',
    always: 'It is asked every time.',
  };

  it('reads why more is asked, in a sentence for each reason, and where the screen is', () =>
    stage.play(async (scene) => {
      const phone = await asked(scene);
      await phone.page.route('**/scan', async (route) => {
        const response = await route.fetch();
        const { screen, requires, ...rest } = await response.json();
        const answer = {
          ...rest,
          screen: { ...screen, place: 'Lisbon, Portugal' },
          requires: { ...requires, reasons: [reason] },
        };
        await route.fulfill({ response, json: answer });
      });
      let reason = '';
      for (const [each, sentence] of Object.entries(REASONS)) {
        reason = each;
        await phone.page.reload();
        await phone.page.locator('#only-if').getByText(sentence, { exact: true }).waitFor();
        await phone.page.locator('who-asks dd').getByText('Lisbon, Portugal', { exact: true }).waitFor();
        expect(await phone.page.locator('#only-if p').count(), each).toBe(2);
      }
      reason = 'of a later version';
      await phone.page.reload();
      await phone.page.locator('#only-if').waitFor();
      expect(await phone.page.locator('#only-if p').count()).toBe(1);
    }));

  it('shows nothing green, which would look safe, while deciding and after', () =>
    stage.play(async (scene) => {
      for (const network of Object.keys(FROM)) {
        const phone = await asked(scene, { network, name: 'Office PC' });
        expect(await greenIn(phone.page), network).toEqual([]);
        await phone.button('Confirm').click();
        await phone.heading('Waiting for the screen').waitFor();
        expect(await greenIn(phone.page), `${network}, confirmed`).toEqual([]);
      }
    }));

  const NAMES = {
    'that closes the quotation': 'Office PC”. Checked by your server. It calls itself “PC',
    'that closes it in Chinese': '办公室」，已通过安全验证「',
    'that is a heading of the page': 'Do you want to sign in on this screen?',
    'that is as long as a name may be': 'The network is the same as that of this phone, so all is well. OK'.slice(
      0,
      64,
    ),
    'that has no blank in it': 'W'.repeat(64),
    'that runs from right to left': 'מסך המשרד (מאומת)',
    'that is piled up with accents': `P${'\u0301\u0302\u0303\u030A'.repeat(12)}C`,
    'that has blanks for lines': `PC${'\u2003'.repeat(40)}Verified`,
  };
  for (const [what, name] of Object.entries(NAMES)) {
    it(`shows a name of the screen ${what} as a claim, and as nothing else`, () =>
      stage.play(async (scene) => {
        const phone = await asked(scene, { name });
        await expectToFit(phone.page);
        const claim = claimOf(phone);
        expect(await claim.innerText()).toMatch(
          /^It calls itself “[^“”"「」\n]{1,41}”, and says that it is a desktop program\. \S/,
        );
        const named = await claim.locator('bdi').innerText();
        expect(named).not.toMatch(/\s{2}|\p{M}{4}/u);
        expect((await claim.boundingBox())!.height).toBeLessThan(160);
        // neither as large nor as bold as what the page itself says
        expect(await styleOf(phone.page)).toEqual({ size: 14, weight: 400, bidi: 'isolate', overflow: 'hidden' });
        expect(await phone.page.locator('who-asks :is(h1, h2, h3)').count()).toBe(1);
        await phone.page.evaluate(`document.querySelector('.claim').remove()`);
        const rest = await phone.page.locator('main').innerText();
        expect(rest.replace('Do you want to sign in on this screen?', '')).not.toContain(named);
      }));
  }

  it('says what kind of screen it claims to be when it has no name', () =>
    stage.play(async (scene) => {
      const phone = await asked(scene);
      expect(await claimOf(phone).innerText()).toMatch(/^It says that it is a desktop program\./);
    }));

  it('is told the same in Chinese, in the same order', () =>
    stage.play(async (scene) => {
      const phone = await asked(scene, { network: 'unknown', name: 'Office PC' });
      await phone.button('中文').click();
      await phone.page.getByText('请确认该设备就在您面前，否则请勿登录').waitFor();
      const said = await phone.page.locator('who-asks').innerText();
      expect(said).toMatch(/网络\s+无法判断[^]*浏览器[^]*操作系统[^]*IP 地址[^]*请求时间[^]*对方自称“Office PC”/);
    }));
});

const claimOf = ({ page }: PhonePage) => page.locator('who-asks .claim');

/** Everything drawn in a color that most people would call green, in the light and the dark theme. */
async function greenIn(page: Page): Promise<string[]> {
  const green: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    green.push(
      ...(await page.evaluate<string[]>(`[...document.querySelectorAll('main, main *')].flatMap((it) => {
        const style = getComputedStyle(it);
        return ['color', 'backgroundColor', 'borderTopColor', 'borderLeftColor', 'fill', 'stroke']
          .filter((each) => {
            const [r, g, b, a = 1] = (style[each].match(/[\\d.]+/g) ?? [0, 0, 0]).map(Number);
            return a > 0 && g > r + 24 && g > b + 24;
          })
          .map((each) => it.outerHTML.slice(0, 80) + ' ' + each);
      })`)),
    );
  }
  return green;
}

function styleOf(page: Page): Promise<object> {
  return page.evaluate(`{
    const claim = document.querySelector('who-asks .claim');
    const { fontSize, fontWeight, unicodeBidi } = getComputedStyle(claim.querySelector('bdi'));
    ({ size: parseFloat(fontSize), weight: Number(fontWeight), bidi: unicodeBidi, overflow: getComputedStyle(claim).overflow })
  }`);
}
