import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderComparisonHtml } from '../../shared/report/comparison-html.js';
import * as contexts from '../shared/report/context-fixtures.js';
import * as extremes from '../shared/report/extreme-fixtures.js';
import * as fixtures from '../shared/report/fixtures.js';
import { findChromium, launchChromium, openWatched, setScheme } from './screenshot.js';

const chromiumPath = findChromium();
if (chromiumPath === undefined) console.warn('The comparison is not drawn: no Chromium (install it, or set CHROMIUM_PATH)');

const MEASURE = `(() => ({
  page: document.documentElement.scrollWidth,
  curves: [...document.querySelectorAll('svg')].filter((svg) => svg.getBoundingClientRect().height > 80 && svg.querySelectorAll('path').length > 2).length,
  intervals: [...document.querySelectorAll('.interval i')].filter((bar) => bar.getBoundingClientRect().width > 0).length,
  colours: getComputedStyle(document.body).color + ' on ' + getComputedStyle(document.body).backgroundColor,
}))()`;

interface Measured {
  readonly page: number;
  readonly curves: number;
  readonly intervals: number;
  readonly colours: string;
}

describe.skipIf(chromiumPath === undefined)('the page of a comparison in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'comparison-page-'));
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(
    Object.entries({
      worse: fixtures.worse,
      'over versions': contexts.steady,
      'three candidates': contexts.threeCandidates,
      'forty slices': extremes.fortySlices,
      hostile: extremes.hostile,
    }),
  )('%s: fits a phone and a desk, light and dark, without network and errors', async (name, result) => {
    const file = join(folder, `${name}.html`);
    writeFileSync(file, await renderComparisonHtml(result));
    const { page, address, requests, errors } = await openWatched(browser, file);
    try {
      const seen = new Set<string>();
      for (const width of [390, 1280]) {
        for (const scheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: 900 });
          await setScheme(page, scheme);
          const measured = (await page.evaluate(MEASURE)) as Measured;
          expect(measured.page).toBeLessThanOrEqual(width);
          expect(measured.curves).toBe(1 + (result.history ? 1 : 0) + (result.calibration ? 1 : 0));
          const rows = [...result.metrics, ...result.slices, ...(result.candidates ?? []).map(({ metric }) => metric)];
          expect(measured.intervals).toBe(rows.filter(({ interval }) => interval).length);
          seen.add(measured.colours);
        }
      }
      expect(seen.size).toBe(2);
      expect(errors).toEqual([]);
      expect(requests).toEqual([address]);
    } finally {
      await page.close();
    }
  });
});
