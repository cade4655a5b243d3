import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium, openPage } from '../../render/screenshot.js';
import { renderStoryPage } from './story-page.js';
import { storyRecord } from './story-records.js';

const chromiumPath = findChromium();
if (chromiumPath === undefined)
  console.warn('The page of a story is not drawn: no Chromium (install it, or set CHROMIUM_PATH)');

describe.skipIf(chromiumPath === undefined)('the page of a story in Chromium', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'story-page-'));
    browser = await launchChromium();
    writeFileSync(join(folder, 'index.html'), renderStoryPage(storyRecord()));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const width of [360, 900]) {
    for (const scheme of ['light', 'dark'] as const) {
      it(`fits ${width} pixels in ${scheme}`, { timeout: 60_000 }, async () => {
        const page = await openPage(browser, join(folder, 'index.html'), { width, scheme });
        try {
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          const contrast: number = await page.evaluate(`(() => {
            const numbers = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
            const luminance = (color) => {
              const [r, g, b] = numbers(color).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
              return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const style = getComputedStyle(document.querySelector('.soft'));
            const page = getComputedStyle(document.body).backgroundColor;
            const [light, dark] = [luminance(style.color), luminance(page)].sort((a, b) => b - a);
            return (light + 0.05) / (dark + 0.05);
          })()`);
          // WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for text.
          expect(contrast).toBeGreaterThan(4.5);
        } finally {
          await page.close();
        }
      });
    }
  }
});
