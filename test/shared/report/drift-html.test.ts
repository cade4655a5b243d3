import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderDriftHtml } from '../../../shared/report/drift-html.js';
import { anyValidation } from './arbitrary.js';
import { driftedValidation, driftFixture } from './drift-fixtures.js';
import { HOSTILE } from './profile/fixtures.js';

const pageOf = (options: Parameters<typeof driftFixture>[0] = {}): Promise<string> => {
  const drift = driftFixture(options);
  return renderDriftHtml(driftedValidation(drift), drift);
};

const tags = (html: string): string[] =>
  [...new Set([...html.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name]) => name!))].sort();

describe('the page of a drift', () => {
  test('draws both sides of every column that drifted, and links to each', async () => {
    const html = await pageOf({ columns: 12 });
    // Numbers are drawn, texts are in a table; both sides of ten ranges.
    expect(html.match(/<svg /g)).toHaveLength(4);
    expect(html.match(/<title>[^<]* of the (?:reference|data)<\/title>/g)).toHaveLength(4 * 2 * 10);
    expect(html).toContain('<title>to 100,000: 13.0 % of the reference</title>');
    expect(html).toContain('<title>900,000 on: 13.0 % of the data</title>');
    const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(links).toHaveLength(8);
    for (const id of links) expect(html).toContain(`id="${id}"`);
    const places = ['What drifted', 'chip warning">drifted<', 'All columns', 'What changed less', '>no drift<'].map((text) =>
      html.indexOf(text),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  test('hostile names and values add no element, attribute or style, and nothing is fetched', async () => {
    const [plain, hostile] = [await pageOf(), await pageOf({ word: HOSTILE })];
    expect(tags(hostile)).toEqual(tags(plain));
    expect(tags(hostile)).not.toContain('script');
    expect(hostile.replace(/"[^"]*"/g, '""').match(/<[^>]*\son\w+=/g)).toBeNull();
    expect(hostile).not.toContain('\u202e');
    expect(plain).not.toMatch(/url\(|@import|https?:|src=/);
    expect(hostile.match(/\b(?:src|href|action|data)="(?!#column-\d+")[^"]*"/g)).toBeNull();
    expect(hostile.match(/(?:fill|stroke)="(?!var\(--[\w-]+\)|none|transparent)[^"]*"/g)).toBeNull();
  });

  test('is made of any report whatsoever', async () => {
    const known = new Set([...tags(await pageOf({ columns: 12 })), 'polyline', 'line', 'rect']);
    await fc.assert(
      fc.asyncProperty(anyValidation, async (result) => {
        if (!result.drift) return;
        const html = await renderDriftHtml(result, result.drift);
        expect(tags(html).filter((tag) => !known.has(tag))).toEqual([]);
        expect(html.trimEnd().endsWith('</html>')).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});
