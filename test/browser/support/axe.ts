import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** The rules of WCAG 2.2 up to AA, and axe's best practices. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const THEMES: readonly ('light' | 'dark')[] = ['light', 'dark'];

/** Expects that axe finds nothing in the page as it is, or in a part of it, by default in the light and the dark theme. */
export async function expectAccessible(page: Page, part = 'html', themes = THEMES): Promise<void> {
  await page.evaluate(`window.axe || (() => { ${axe.source} })()`);
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate<{ id: string; nodes: string[] }[]>(
      `axe.run(${JSON.stringify(part)}, { runOnly: ${JSON.stringify(TAGS)} }).then(({ violations }) =>
        violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html + ' ' + (node.any[0]?.message ?? '')) })))`,
    );
    expect(found, colorScheme).toEqual([]);
  }
}

/** Expects that nothing is wider than the window, and that every control is at least 44 pixels high. */
export async function expectToFit(page: Page): Promise<void> {
  const tooWide = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(tooWide, 'pixels that one would have to scroll sideways').toBe(0);
  for (const target of await page.locator('button:visible, input:visible, a:visible').all()) {
    // a link inside a sentence may be as high as its line: WCAG 2.2, 2.5.8
    if (await target.evaluate((it) => (it as unknown as { matches(s: string): boolean }).matches('p a'))) continue;
    const box = await target.boundingBox();
    expect(box?.height, await target.innerText()).toBeGreaterThanOrEqual(44);
  }
}
