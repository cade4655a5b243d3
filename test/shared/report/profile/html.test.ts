import { describe, expect, test } from 'vitest';
import { renderProfileHtml } from '../../../../shared/report/profile/html.js';
import { HOSTILE, profileFixture } from './fixtures.js';

const TASKS = ['binary', 'multiclass', 'regression'] as const;

/** Every tag of a page, by its name, and the texts of its attributes. */
function tags(html: string): Set<string> {
  return new Set([...html.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name]) => name!.toLowerCase()));
}

describe('the page of a profile', () => {
  test.each(TASKS)('%s: hostile names and values add no element, attribute or style', async (task) => {
    const plain = await renderProfileHtml(profileFixture({ task }));
    const hostile = await renderProfileHtml(profileFixture({ task, word: HOSTILE }));
    expect([...tags(hostile)].sort()).toEqual([...tags(plain)].sort());
    for (const html of [plain, hostile]) {
      expect(tags(html)).not.toContain('script');
      expect(tags(html)).not.toContain('img');
      expect(html.replace(/"[^"]*"/g, '""').match(/<[^>]*\son\w+=/g)).toBeNull();
      expect(html.match(/<\/style>/g)).toHaveLength(1);
    }
    expect(hostile).not.toContain('\u202e');
    expect(hostile).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  test('needs no network', async () => {
    const html = await renderProfileHtml(profileFixture());
    expect(html.match(/\b(?:src|href|action|data)="(?!#column(?:-\d+|s)")[^"]*"/g)).toBeNull();
    expect(html).not.toMatch(/url\(|@import|https?:/);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  test('is the same every time, also after other pages', async () => {
    const first = await renderProfileHtml(profileFixture());
    await renderProfileHtml(profileFixture({ task: 'regression' }));
    expect(await renderProfileHtml(profileFixture())).toBe(first);
  });

  test('draws a distribution and a relation for numbers and dates, in the colours of the page', async () => {
    const html = await renderProfileHtml(profileFixture({ task: 'regression' }));
    // The target, and two for the number and the date each.
    expect(html.match(/<svg /g)).toHaveLength(5);
    expect(html.match(/(?:fill|stroke)="(?!var\(--[\w-]+\)|none|transparent)[^"]*"/g)).toBeNull();
    expect(html).toContain('<title>0 … 10: 50 rows (50.0 %)</title>');
    expect(html).not.toMatch(/ecmeta|zr\d+-/);
  });

  test('every link leads to a column that there is', async () => {
    const html = await renderProfileHtml(profileFixture({ columns: 30 }));
    const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(links.length).toBeGreaterThan(30);
    for (const id of links) expect(html).toContain(`id="${id}"`);
    // And back to the list of them, where they are many.
    expect(links.filter((id) => id === 'columns')).toHaveLength(31);
    expect((await renderProfileHtml(profileFixture())).match(/href="#columns"/g)).toHaveLength(1);
  });
});
