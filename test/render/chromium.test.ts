import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents } from '../shared/report/documents.js';
import { renderCommentHtml } from './html.js';
import { findChromium, launchChromium, openPage, setScheme } from './screenshot.js';

/** Those that differ most in what they hold; the width of a comment is where tables would begin to scroll. */
const DRAWN = [
  'better',
  'worse',
  'no-evidence',
  'fork',
  'first-model',
  'not-comparable',
  'gate-failed',
  'forty-slices',
  'two-hundred-metrics',
  'hostile-names',
  'three-candidates',
  'decay-over-versions',
  'steady-over-versions',
  'regression',
  'validation-failed',
  'training-summary',
  'health-issue',
  'health-hostile',
] as const;

const MEASURE = `(() => {
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
  const tooWide = (element) => element.scrollWidth > element.clientWidth;
  return {
    page: document.documentElement.scrollWidth,
    wideTables: [...document.querySelectorAll('table')].filter(tooWide).map((table) => table.textContent.slice(0, 80)),
    diagrams: document.querySelectorAll('pre.mermaid').length,
    drawn: [...document.querySelectorAll('pre.mermaid > svg')].filter((svg) => svg.querySelector('path, rect') && svg.getBoundingClientRect().height > 100).length,
    error: document.documentElement.getAttribute('data-error'),
    bombs: document.querySelectorAll('[aria-roledescription="error"], .error-icon').length,
    foreign: document.querySelectorAll('article img, article script, article iframe').length,
  };
})()`;

interface Measured {
  readonly page: number;
  readonly wideTables: readonly string[];
  readonly diagrams: number;
  readonly drawn: number;
  readonly error: string | null;
  readonly bombs: number;
  readonly foreign: number;
}

const chromiumPath = findChromium();
if (chromiumPath === undefined) console.warn('Comments are not drawn: no Chromium (install it, or set CHROMIUM_PATH)');

describe.skipIf(chromiumPath === undefined)('comments in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'comments-'));
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const name of DRAWN) {
    it(`${name} fits a comment, in light and dark`, { timeout: 60_000 }, async () => {
      const markdown = documents[name]!;
      const file = join(folder, `${name}.html`);
      writeFileSync(file, await renderCommentHtml(markdown, { title: name }));
      const page = await openPage(browser, file, { width: 780, scheme: 'light' });
      try {
        for (const scheme of ['light', 'dark'] as const) {
          await setScheme(page, scheme);
          const measured: Measured = await page.evaluate(MEASURE);
          const diagrams = markdown.split('```mermaid').length - 1;
          expect(measured).toEqual({ page: 780, wideTables: [], diagrams, drawn: diagrams, error: null, bombs: 0, foreign: 0 });
          const picture = join(folder, `${name}-${scheme}.png`);
          await page.screenshot({ path: picture, fullPage: true });
          expect(statSync(picture).size).toBeGreaterThan(10_000);
        }
      } finally {
        await page.close();
      }
    });
  }

  it('a wide table would be noticed', async () => {
    const cells = Array.from({ length: 30 }, () => 'aaaaaaaaaaaaaa');
    const wide = `| ${cells.join(' | ')} |\n|${cells.map(() => '---|').join('')}\n| ${cells.join(' | ')} |`;
    const file = join(folder, 'wide.html');
    writeFileSync(file, await renderCommentHtml(wide, { title: 'wide' }));
    const page = await openPage(browser, file);
    const measured: Measured = await page.evaluate(MEASURE);
    expect(measured.wideTables).toHaveLength(1);
    await page.close();
  });

  it('a diagram that Mermaid cannot read would be noticed', async () => {
    const file = join(folder, 'broken.html');
    writeFileSync(file, await renderCommentHtml('```mermaid\nxychart-beta\n  line [one, "two]\n```', { title: 'broken' }));
    const page = await openPage(browser, file);
    const measured: Measured = await page.evaluate(MEASURE);
    expect(measured.error).not.toBeNull();
    await page.close();
  });
});
