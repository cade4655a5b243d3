import { html } from './marks.js';
import { PAGE_STYLE } from './style.js';

/**
 * A page that needs nothing else: no script, no network (a policy in the page forbids both), readable on a phone, light and dark
 * by the reader's system.
 * @param title plain text
 * @param parts safe HTML; empty ones are left out
 */
export function pageHtml(title: string, parts: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="referrer" content="no-referrer">',
    `<title>${html(title)}</title>`,
    `<style>${PAGE_STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    ...parts.filter((part) => part !== ''),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
