import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';

let page: string;
beforeAll(async () => {
  page = await readFile('docs/threat-model.md', 'utf8');
});

/** Tests that the page names: a file, and a part of a title in it. */
function named(): [file: string, title: string][] {
  return [...page.matchAll(/`(test\/[\w/-]+\.spec\.ts)` › “([^”]+)”/g)].map(([, file, title]) => [file!, title!]);
}

describe('docs/threat-model.md', () => {
  it('names tests that exist', async () => {
    expect(named().length).toBeGreaterThan(50);
    const missing: string[] = [];
    for (const [file, title] of named()) {
      const source = await readFile(file, 'utf8');
      if (!source.includes(title)) missing.push(`${file} › ${title}`);
    }
    expect(missing).toEqual([]);
  });

  it('names each of them in the form that is checked', () => {
    expect(page.match(/`test\/[^`]+`/g)).toHaveLength(named().length);
  });

  it('has a line for every mitigation of RFC 10027, with its status', () => {
    const lines = [...page.matchAll(/^\| 6\.1\.(\d+) \| [^|]+ \| (done|optional|out of scope)[^|]* \| .{20,}\|$/gm)];
    expect(lines.map(([, nth]) => Number(nth))).toEqual(Array.from({ length: 17 }, (_, nth) => nth + 1));
  });

  it('has a test for every threat that is marked as met', () => {
    const threats = page.slice(page.indexOf('## Threats, one by one')).match(/^\| (?!threat|---)[^\n]+$/gm)!;
    expect(threats.length).toBeGreaterThan(25);
    for (const line of threats) if (!line.includes('| out of scope |')) expect(line).toContain('› “');
  });
});
