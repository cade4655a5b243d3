import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Marked } from 'marked';
import { sanitizeHtml } from './sanitize.js';

const require = createRequire(import.meta.url);

/**
 * A page that shows Markdown as GitHub shows a comment: GitHub's stylesheet (light and dark by the reader's system),
 * alerts, Mermaid. It opens from disk and needs no network; Mermaid's script (5.5 MB) is inside only when a diagram is.
 */
export async function renderCommentHtml(markdown: string, options: { readonly title: string }): Promise<string> {
  const marked = new Marked({
    gfm: true,
    renderer: {
      code({ text, lang }) {
        return lang === 'mermaid' ? `<pre class="mermaid">${escapeHtml(text)}</pre>\n` : false;
      },
    },
  });
  const body = withEmoji(withAlerts(sanitizeHtml(await marked.parse(markdown))));
  const hasDiagram = body.includes('<pre class="mermaid">');
  const style = await readFile(require.resolve('github-markdown-css/github-markdown.css'), 'utf8');
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(options.title)}</title>`,
    `<style>${style}\n${PAGE_STYLE}</style>`,
    '</head>',
    `<body>\n<article class="markdown-body">\n${body}</article>`,
    hasDiagram ? `<script>${await mermaidScript()}</script>\n<script>${DRAW}</script>` : '',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

const PAGE_STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; background: #fff; }
@media (prefers-color-scheme: dark) { body { background: #0d1117; } }
.markdown-body { box-sizing: border-box; max-width: 780px; margin: 0 auto; padding: 16px; font-size: 14px; }
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

function escapeHtml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
