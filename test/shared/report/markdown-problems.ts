import { Marked } from 'marked';

const ALLOWED = new Set(
  'h1 h2 h3 p strong em i code pre table thead tbody tr th td blockquote ul ol li details summary b sub a br wbr span'.split(
    ' ',
  ),
);

/**
 * What is wrong with a comment: elements that no template of ours holds, unbalanced folds and fences, links to
 * elsewhere, images, mentions that GitHub would notify. Empty for a sound one.
 */
export function problemsOf(markdown: string, linkHosts: readonly string[] = ['github.com']): string[] {
  const problems: string[] = [];
  const html = new Marked({ gfm: true }).parse(markdown, { async: false });
  const visible = html
    .replace(/^<!-- mlops-actions(?: health)?: [^<>]*? -->\n?/, '')
    .replace(/<!-- mlops-actions block [a-z]+ [^<>]*? -->\n?$/, '');
  for (const [tag, name] of visible.matchAll(/<\/?([a-zA-Z][\w-]*)[^>]*>/g)) {
    if (!ALLOWED.has(name!.toLowerCase())) problems.push(`element ${tag}`);
    if (/\son\w+\s*=/i.test(tag)) problems.push(`handler ${tag}`);
  }
  if (visible.includes('<!--')) problems.push('a second HTML comment');
  if (/<img|<script/i.test(markdown)) problems.push('img or script in the source');
  for (const element of ['details', 'summary', 'table', 'code', 'pre', 'blockquote', 'sub']) {
    const opened = visible.match(new RegExp(`<${element}[ >]`, 'g'))?.length ?? 0;
    const closed = visible.match(new RegExp(`</${element}>`, 'g'))?.length ?? 0;
    if (opened !== closed) problems.push(`${opened} <${element}> and ${closed} </${element}>`);
  }
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const [, marks, language] = /^(`{3,})(.*)$/.exec(line) ?? [];
    if (marks === undefined) continue;
    if (fence === undefined && ['mermaid', 'diff', 'yaml'].includes(language!)) fence = marks;
    else if (line === fence) fence = undefined;
    else if (fence === undefined || marks.length >= fence.length) problems.push(`fence ${line}`);
  }
  if (fence !== undefined) problems.push('a fence without an end');
  for (const [, address] of visible.matchAll(/<a [^>]*href="([^"]*)"/g)) {
    if (!linkHosts.includes(new URL(address!).host)) problems.push(`link to ${address}`);
  }
  const prose = visible.replace(/<(code|pre|a)\b[^>]*>[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]*>/g, '\u0002');
  const read = prose.replace(/&#(\d+);/g, (_, codePoint: string) => String.fromCodePoint(Number(codePoint)));
  for (const [mention] of read.matchAll(/@[\w-]+/g)) problems.push(`mention ${mention}`);
  for (const [reference] of read.matchAll(/#\d+|https?:\/\/\S+|www\.\S+/gi)) problems.push(`reference ${reference}`);
  if (/[\u202a-\u202e\u2066-\u2069]/.test(markdown)) problems.push('a character that reorders text');
  return problems;
}
