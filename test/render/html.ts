import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Marked } from 'marked';
import { sanitizeHtml } from './sanitize.js';

const require = createRequire(import.meta.url);

export interface PageOptions {
  readonly title: string;
  /** HTML above the article, such as the way back. */
  readonly head?: string;
  /** The address of Mermaid's script for pages that share one (`writeMermaid`); without it, it is inside of the page. */
  readonly mermaid?: string;
}

/**
 * A page that shows Markdown as GitHub shows a comment: GitHub's stylesheet (light and dark by the reader's system),
 * alerts, Mermaid. It opens from disk and needs no network; Mermaid's script (5.5 MB) is inside only when a diagram is.
 */
export async function renderCommentHtml(markdown: string, options: PageOptions): Promise<string> {
  return renderPageHtml(await renderMarkdown(markdown), options);
}

/** Markdown as GitHub shows it, without a page around it. What a comment may not have is taken out. */
export async function renderMarkdown(markdown: string): Promise<string> {
  const marked = new Marked({
    gfm: true,
    renderer: {
      code({ text, lang }) {
        return lang === 'mermaid' ? `<pre class="mermaid">${escapeHtml(text)}</pre>\n` : false;
      },
    },
  });
  return withEmoji(withAlerts(sanitizeHtml(await marked.parse(markdown))));
}

/** A page around HTML that is trusted: what `renderMarkdown` made, or our own. */
export async function renderPageHtml(body: string, options: PageOptions): Promise<string> {
  const hasDiagram = body.includes('<pre class="mermaid">');
  const style = await readFile(require.resolve('github-markdown-css/github-markdown.css'), 'utf8');
  const script =
    options.mermaid === undefined
      ? async () => `<script>${await mermaidScript()}</script>`
      : async () => `<script src="${escapeHtml(options.mermaid!)}"></script>`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(options.title)}</title>`,
    `<style>${style}\n${PAGE_STYLE}</style>`,
    '</head>',
    `<body>\n${options.head ?? ''}<article class="markdown-body">\n${body}</article>`,
    hasDiagram ? `${await script()}\n<script>${DRAW}</script>` : '',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** Writes Mermaid's script to a file that pages of one folder share. */
export async function writeMermaid(file: string): Promise<void> {
  await writeFile(file, await mermaidScript());
}

const PAGE_STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; background: #fff; }
@media (prefers-color-scheme: dark) { body { background: #0d1117; } }
.markdown-body { box-sizing: border-box; max-width: 780px; margin: 0 auto; padding: 16px; font-size: 14px; }
.page-head { box-sizing: border-box; max-width: 780px; margin: 0 auto; padding: 16px 16px 0; font: 14px system-ui, sans-serif; }
.page-head a { color: #0969da; text-decoration: none; } .page-head a:hover { text-decoration: underline; }
@media (prefers-color-scheme: dark) { .page-head a { color: #4493f8; } }
.markdown-body :is(h1, h2) small { font-size: 0.6em; font-weight: 400; opacity: 0.75; }
.markdown-body g-emoji { font-family: "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji"; }
.markdown-body pre.mermaid { background: none; padding: 0; overflow: hidden; }
.markdown-body pre.mermaid:not([data-processed]) { visibility: hidden; max-height: 230px; }
`;

/** Draws every diagram, and again when the reader's system changes between light and dark. */
const DRAW = `
const blocks = [...document.querySelectorAll('pre.mermaid')].map((element) => ({ element, source: element.textContent }));
const dark = matchMedia('(prefers-color-scheme: dark)');
async function draw() {
  document.documentElement.removeAttribute('data-drawn');
  mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme: dark.matches ? 'dark' : 'default' });
  for (const { element, source } of blocks) {
    element.removeAttribute('data-processed');
    element.textContent = source;
  }
  try {
    await mermaid.run({ nodes: blocks.map((block) => block.element) });
  } catch (error) {
    document.documentElement.setAttribute('data-error', String(error && error.message || error));
  }
  document.documentElement.setAttribute('data-drawn', dark.matches ? 'dark' : 'light');
}
dark.addEventListener('change', draw);
draw();
`;

async function mermaidScript(): Promise<string> {
  const script = await readFile(require.resolve('mermaid/dist/mermaid.min.js'), 'utf8');
  return script.replace(/<\/script/gi, '<\\/script').replace(/<!--/g, '<\\!--');
}

/** A mark in a circle beside an alert's title. */
function alertIcon(kind: string): string {
  const mark = kind === 'NOTE' || kind === 'TIP' ? 'M8 7v5M8 4.2v1.6' : 'M8 4v5M8 10.8v1.6';
  return `<svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true"><circle cx="8" cy="8" r="7"/><path d="${mark}"/></svg>`;
}

/** Block quotes that begin with `[!NOTE]` and its siblings, as GitHub draws them. */
function withAlerts(html: string): string {
  return html.replace(
    /<blockquote>\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*(?:<\/p>)?([\s\S]*?)<\/blockquote>/g,
    (_, kind: string, content: string) => {
      const name = kind.charAt(0) + kind.slice(1).toLowerCase();
      const rest = content.trimStart();
      const inner = rest.startsWith('<') && !/^<(?:b|strong|em|code|a|span)\b/.test(rest) ? rest : `<p>${rest}`;
      return `<div class="markdown-alert markdown-alert-${kind.toLowerCase()}"><p class="markdown-alert-title">${alertIcon(kind)}&nbsp; ${name}</p>${inner}</div>`;
    },
  );
}

/** GitHub wraps every emoji in `<g-emoji>`, which takes the colour font whatever the text's font holds. */
function withEmoji(html: string): string {
  return html.replace(/<[^>]*>|\p{Emoji_Presentation}/gu, (found) =>
    found.startsWith('<') ? found : `<g-emoji>${found}</g-emoji>`,
  );
}

/** Text for HTML, in elements and in attributes. */
export function escapeHtml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
