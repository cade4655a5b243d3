import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where distributions put Chromium. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export interface Screenshot {
  /** Width of the window in CSS pixels; default 780, a comment's. */
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

/** The path of a Chromium on this machine: `CHROMIUM_PATH`, else a distribution's; undefined when there is none. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  return [...(named ? [named] : []), ...PLACES].find((path) => existsSync(path));
}

/** @throws Error when no Chromium is found; ask findChromium first. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`no Chromium: looked for ${PLACES.join(', ')} and CHROMIUM_PATH`);
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Opens a page of renderCommentHtml and waits until its diagrams are drawn. */
export async function openPage(browser: Browser, htmlFile: string, options: Screenshot = {}): Promise<Page> {
  const page = await browser.newPage({
    viewport: { width: options.width ?? 780, height: 900 },
    colorScheme: options.scheme ?? 'light',
  });
  await page.goto(pathToFileURL(resolve(htmlFile)).href);
  await waitUntilDrawn(page, options.scheme ?? 'light');
  return page;
}

/** A page that notes what it asks of the network and what goes wrong on it. Dialogs are closed. */
export async function openWatched(
  browser: Browser,
  htmlFile: string,
): Promise<{ page: Page; address: string; requests: readonly string[]; errors: readonly string[] }> {
  const page = await browser.newPage();
  const [requests, errors] = [[] as string[], [] as string[]];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('dialog', (dialog) => {
    errors.push(dialog.message());
    void dialog.dismiss();
  });
  const address = pathToFileURL(resolve(htmlFile)).href;
  await page.goto(address);
  return { page, address, requests, errors };
}

/** Changes between light and dark, and waits for the diagrams. */
export async function setScheme(page: Page, scheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await waitUntilDrawn(page, scheme);
}

async function waitUntilDrawn(page: Page, scheme: 'light' | 'dark'): Promise<void> {
  await page.waitForFunction(
    `!document.querySelector('pre.mermaid') || document.documentElement.getAttribute('data-drawn') === '${scheme}'`,
    undefined,
    { timeout: 30_000 },
  );
}

/** A picture of the whole page. */
export async function screenshotPage(htmlFile: string, pngFile: string, options: Screenshot = {}): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await openPage(browser, htmlFile, options);
    await page.screenshot({ path: pngFile, fullPage: true });
  } finally {
    await browser.close();
  }
}
