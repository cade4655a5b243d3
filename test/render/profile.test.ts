import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderProfileHtml } from '../../shared/report/profile/html.js';
import { HOSTILE, profileFixture } from '../shared/report/profile/fixtures.js';
import { findChromium, launchChromium, openWatched } from './screenshot.js';

const MEASURE = `(() => {
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
  const box = (element) => element.getBoundingClientRect();
  const pictures = [...document.querySelectorAll('svg')];
  const marks = [...document.querySelectorAll('svg path')];
  const ink = getComputedStyle(document.body);
  return {
    page: document.documentElement.scrollWidth,
    pictures: pictures.length,
    drawn: pictures.filter((svg) => box(svg).height > 80 && svg.querySelectorAll('path').length > 2).length,
    colourless: marks.filter((mark) => /var/.test(getComputedStyle(mark).fill + getComputedStyle(mark).stroke)).length,
    smallestText: Math.min(...[...document.querySelectorAll('svg text')].map((text) => box(text).height)),
    outside: [...document.querySelectorAll('svg text')].filter((text) => box(text).right > box(text.ownerSVGElement).right + 3).length,
    colours: ink.color + ' on ' + ink.backgroundColor,
  };
})()`;

interface Measured {
  readonly page: number;
  readonly pictures: number;
  readonly drawn: number;
  readonly colourless: number;
  readonly smallestText: number;
  readonly outside: number;
  readonly colours: string;
}

const chromiumPath = findChromium();
if (chromiumPath === undefined) console.warn('The profile is not drawn: no Chromium (install it, or set CHROMIUM_PATH)');

describe.skipIf(chromiumPath === undefined)('the profile in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'profile-page-'));
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['binary', 'plain', 6],
    ['multiclass', HOSTILE, 6],
    ['regression', HOSTILE, 6],
    ['regression', 'wide', 200],
  ] as const)(
    '%s (%s, %i columns): fits a phone and a desk, light and dark, without network and errors',
    { timeout: 60_000 },
    async (task, word, columns) => {
      const html = await renderProfileHtml(profileFixture({ task, word, columns, full: columns > 100 }));
      const file = join(folder, `${task}-${columns}.html`);
      writeFileSync(file, html);
      const { page, address, requests, errors } = await openWatched(browser, file);
      try {
        const seen = new Set<string>();
        for (const width of [390, 1100]) {
          for (const colorScheme of ['light', 'dark'] as const) {
            await page.setViewportSize({ width, height: 900 });
            await page.emulateMedia({ colorScheme });
            const measured: Measured = await page.evaluate(MEASURE);
            const pictures = html.split('<svg ').length - 1;
            expect(measured).toMatchObject({ page: width, pictures, drawn: pictures, colourless: 0, outside: 0 });
            expect(measured.smallestText).toBeGreaterThan(9);
            seen.add(measured.colours);
          }
        }
        expect(seen.size).toBe(2);
        // A mail carries it; and of each column there is a way to the list, and back.
        expect(html.length).toBeLessThan(columns > 100 ? 3_000_000 : 300_000);
        const names = page.locator('a[href^="#column-"]');
        expect(await names.count()).toBeGreaterThanOrEqual(columns);
        await names.last().click();
        const place = `document.querySelector(location.hash).getBoundingClientRect().top`;
        expect(Math.abs(await page.evaluate<number>(place))).toBeLessThan(60);
        if (columns > 100) await page.locator('#column-150 a.back').click();
        expect(await page.evaluate('location.hash')).toEqual(columns > 100 ? '#columns' : expect.stringMatching(/^#column-/));
        const picture = join(folder, `${task}-${columns}.png`);
        await page.screenshot({ path: picture });
        expect(statSync(picture).size).toBeGreaterThan(10_000);
        expect(requests).toEqual([address]);
        expect(errors).toEqual([]);
      } finally {
        await page.close();
      }
    },
  );
});
