import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderDriftHtml } from '../../shared/report/drift-html.js';
import { driftedValidation, driftFixture } from '../shared/report/drift-fixtures.js';
import { HOSTILE } from '../shared/report/profile/fixtures.js';
import { findChromium, launchChromium, openWatched } from './screenshot.js';

const chromiumPath = findChromium();
if (chromiumPath === undefined) console.warn('The drift is not drawn: no Chromium (install it, or set CHROMIUM_PATH)');

const MEASURE = `(() => {
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
  const box = (element) => element.getBoundingClientRect();
  const pictures = [...document.querySelectorAll('svg')];
  return {
    page: document.documentElement.scrollWidth,
    drawn: pictures.filter((svg) => box(svg).height > 80 && svg.querySelectorAll('path').length > 10).length,
    outside: [...document.querySelectorAll('svg text')].filter((text) => box(text).right > box(text.ownerSVGElement).right + 3).length,
    pairs: [...document.querySelectorAll('.pair .bar i')].filter((bar) => box(bar).height > 4).length,
    swatches: [...document.querySelectorAll('.legend span')].map((item) => getComputedStyle(item, '::before').backgroundColor).join(' '),
    colours: getComputedStyle(document.body).color + ' on ' + getComputedStyle(document.body).backgroundColor,
  };
})()`;

interface Measured {
  readonly page: number;
  readonly drawn: number;
  readonly outside: number;
  readonly pairs: number;
  readonly swatches: string;
  readonly colours: string;
}

describe.skipIf(chromiumPath === undefined)('the page of a drift in Chromium', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'drift-page-'));
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['plain', 12],
    [HOSTILE, 6],
  ])('%s: fits a phone and a desk, light and dark, without network and errors', async (word, columns) => {
    const drift = driftFixture({ word, columns });
    const html = await renderDriftHtml(driftedValidation(drift), drift);
    const file = join(folder, `${columns}.html`);
    writeFileSync(file, html);
    const { page, address, requests, errors } = await openWatched(browser, file);
    try {
      const seen = new Set<string>();
      for (const width of [390, 1280]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme });
          const measured: Measured = await page.evaluate(MEASURE);
          expect(measured).toMatchObject({ page: width, drawn: html.split('<svg ').length - 1, outside: 0 });
          expect(measured.pairs).toBe(html.split('class="pair"').slice(1).length * 2);
          expect(new Set(measured.swatches.split(') ')).size).toBe(2);
          seen.add(measured.colours);
        }
      }
      expect(seen.size).toBe(2);
      expect(requests).toEqual([address]);
      expect(errors).toEqual([]);
    } finally {
      await page.close();
    }
  });
});
