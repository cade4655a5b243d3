import { createHash } from 'node:crypto';
import type { OpenApi, Operation } from './open-api.js';

/**
 * The page at /docs: what can be asked, each with a form to try it. One document without anything from elsewhere; its
 * policy lets run exactly this script and this style. (Swagger UI and its like are half a megabyte or more.)
 */
export function docsPage(document: OpenApi): { readonly html: string; readonly policy: string } {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(document.info.title)}</title>
<style>${STYLE}</style>
<h1>${escaped(document.info.title)}</h1>
<p>${escaped(document.info.description)} The same as a document: <a href="openapi.json">openapi.json</a>.</p>
${operations.map(({ path, method, operation }) => section(path, method, operation)).join('\n')}
<script>${SCRIPT}</script>
</html>
`;
  return { html, policy: POLICY };
}

function section(path: string, method: string, operation: Operation): string {
  const example = exampleOf(operation);
  const isFixed = !path.includes('{') && operation.security === undefined;
  const body =
    example === undefined
      ? ''
      : `<textarea rows="8" spellcheck="false">${escaped(JSON.stringify(example, null, 2))}</textarea>`;
  const canSend = isFixed && (method === 'get' || example !== undefined);
  const form = canSend
    ? `<form data-method="${escaped(method)}" data-path="${escaped(path)}">${body}<button>Send</button><pre hidden></pre></form>`
    : '';
  const lock = operation.security === undefined ? '' : ' <em>needs the token</em>';
  return `<details><summary><b>${escaped(method.toUpperCase())}</b> <code>${escaped(path)}</code> ${escaped(operation.summary)}${lock}</summary>${form}</details>`;
}

function exampleOf({ requestBody }: Operation): unknown {
  const body = requestBody as { content?: Record<string, { example?: unknown }> } | undefined;
  return body?.content?.['application/json']?.example;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

const STYLE = `
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
details{border:1px solid #d0d7de;border-radius:6px;margin:.5rem 0;padding:.5rem .8rem}
summary{cursor:pointer}
b{display:inline-block;min-width:4rem;font-size:.85rem}
textarea,pre{box-sizing:border-box;width:100%;font:13px/1.45 ui-monospace,monospace;margin:.6rem 0}
pre{background:#f6f8fa;padding:.6rem;overflow:auto;max-height:24rem;white-space:pre-wrap}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}details{border-color:#30363d}pre,textarea{background:#161b22;color:inherit}a{color:#4493f8}}
`;

const SCRIPT = `
for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const output = form.querySelector('pre');
    const text = form.querySelector('textarea');
    const started = performance.now();
    try {
      const answer = await fetch('.' + form.dataset.path, {
        method: form.dataset.method.toUpperCase(),
        ...(text && { body: text.value, headers: { 'content-type': 'application/json' } }),
      });
      const body = await answer.text();
      const ms = (performance.now() - started).toFixed(1);
      output.textContent = answer.status + ', ' + ms + ' ms\\n' + body;
    } catch (error) {
      output.textContent = String(error);
    }
    output.hidden = false;
  });
}
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const POLICY =
  `default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ` +
  `script-src ${hashOf(SCRIPT)}; style-src ${hashOf(STYLE)}`;
