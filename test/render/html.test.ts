import { describe, expect, it } from 'vitest';
import { renderCommentHtml } from './html.js';
import { sanitizeHtml } from './sanitize.js';

const bodyOf = async (markdown: string): Promise<string> =>
  /<article[^>]*>\n([\s\S]*?)<\/article>/.exec(await renderCommentHtml(markdown, { title: 'a <b> title' }))![1]!;

describe('renderCommentHtml', () => {
  it('is a page of its own, with Mermaid only where a diagram is', async () => {
    const plain = await renderCommentHtml('# x', { title: '</title><script>' });
    expect(plain).toContain('<title>&lt;/title&gt;&lt;script&gt;</title>');
    expect(plain).not.toMatch(/<script|(?:src|href)="/);
    const drawn = await renderCommentHtml('```mermaid\nxychart-beta\n  line [1, 2]\n```', { title: 'x' });
    expect(drawn).toContain('<pre class="mermaid">xychart-beta');
    expect(drawn.match(/<\/script>/g)).toHaveLength(2);
  });

  it('draws alerts as GitHub does', async () => {
    const html = await bodyOf('> [!CAUTION]\n> **one** fails\n\n> [!NOTE]\n> - a\n> - b\n\n> quote');
    expect(html).toContain('<div class="markdown-alert markdown-alert-caution">');
    expect(html).toContain('<p><strong>one</strong> fails</p>');
    expect(html).toContain('<div class="markdown-alert markdown-alert-note">');
    expect(html).toContain('<li>a</li>');
    expect(html).toContain('<blockquote>\n<p>quote</p>');
  });

  it.each([
    ['<script>alert(1)</script>', ''],
    ['<SCRIPT\n>alert(1)</script\n >x', 'x'],
    ['<style>p{}</style>', ''],
    ['<p onclick="x()" style="color:red" class="mermaid">a</p>', '<p>a</p>'],
    ['<a href="javascript:alert(1)">a</a>', '<a rel="nofollow">a</a>'],
    ['<a href="&#106;avascript:alert(1)">a</a>', '<a rel="nofollow">a</a>'],
    ['<a href=" java\nscript:alert(1)">a</a>', '<a rel="nofollow">a</a>'],
    ['<a href="https://github.com/x">a</a>', '<a href="https://github.com/x" rel="nofollow">a</a>'],
    ['<img src=x onerror=alert(1)>', '<img src="x">'],
    ['<iframe src="https://x"></iframe>b', 'b'],
    ['<svg onload=alert(1)><circle/></svg>', ''],
    ['<pre class="mermaid" onclick="x()">a</pre>', '<pre>a</pre>'],
    ['a <!-- b --> c', 'a  c'],
    ['<details open><summary>s</summary></details>', '<details open=""><summary>s</summary></details>'],
    ['<p title="<script>">a</p>', '&lt;p title="'],
    ['<scr<script>x</script>ipt>alert(1)</script>', 'alert(1)'],
    ['<p', '&lt;p'],
  ])('sanitises %s', (html, clean) => {
    expect(sanitizeHtml(html)).toBe(clean);
  });
});
