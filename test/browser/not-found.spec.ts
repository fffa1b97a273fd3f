import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, expectToFit } from './support/axe.js';
import { hasChromium } from './support/chromium.js';
import { Stage } from './support/stage.js';

const UNKNOWN = ['/nothing', '/phone/nothing', '/l/nonsense', '/l/nonsense%20'];

describe.skipIf(!hasChromium)('an address where there is nothing', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set();
  });
  afterAll(() => stage?.strike());

  it.each(UNKNOWN)('%s is a page with status 404 for a browser, and a problem for a program', async (path) => {
    const asked = (accept: string) => fetch(stage.url + path, { headers: { accept } });
    const page = await asked('text/html,application/xhtml+xml,*/*;q=0.8');
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const accept of ['*/*', 'application/json', 'image/svg+xml,*/*']) {
      const problem = await asked(accept);
      expect([problem.status, problem.headers.get('content-type')]).toEqual([
        404,
        expect.stringContaining('application/problem+json'),
      ]);
      expect(await problem.json()).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  it.each(['/v1/nothing', '/v1/tickets/nonsense/qr.svg'])(
    '%s, a call, is a problem for a browser too',
    async (path) => {
      const response = await fetch(stage.url + path, { headers: { accept: 'text/html' } });
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    },
  );

  it.each([
    ['/nothing', 'There is no page here', '页面不存在', 'To the start page', '/'],
    ['/l/nonsense', 'There is no such code', '二维码无效', 'To the phone’s home page', '/phone'],
  ])('%s says so in both languages, and leads back', (path, heading, inChinese, back, target) =>
    stage.play(async (scene) => {
      const page = await (await scene.person({ viewport: { width: 320, height: 568 } })).newPage();
      const response = await page.goto(stage.url + path);
      expect(response!.status()).toBe(404);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await expectAccessible(page);
      await expectToFit(page);
      await page.getByRole('button', { name: '中文' }).click();
      await page.getByRole('heading', { level: 1, name: inChinese }).waitFor();
      expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
      await page.getByRole('button', { name: 'English' }).click();
      await page.getByRole('link', { name: back }).click();
      await page.waitForURL(stage.url + target);
    }),
  );
});
