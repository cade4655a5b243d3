import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clip,
  clipMiddle,
  code,
  codeElement,
  link,
  mermaidText,
  prose,
  safeAddress,
  sameHost,
  text,
} from '../../../shared/report/escape.js';
import { table } from '../../../shared/report/table.js';
import { hostileText } from './arbitrary.js';
import { problemsOf } from './markdown-problems.js';

describe('escaping', () => {
  it('survives every place that a value can stand in', () => {
    fc.assert(
      fc.property(hostileText, (value) => {
        for (const escaped of [text(value), code(value), codeElement(value), prose(value)]) {
          const columns = [{ head: 'a' }, { head: escaped }];
          const markdown = [
            `Before ${escaped} after`,
            table(columns, [
              [escaped, 'x'],
              ['y', escaped],
            ]),
            `<details><summary>${codeElement(value)} ${text(value)}</summary>\n\n${escaped === '' ? 'x' : `**a:** ${escaped}`}\n\n</details>`,
          ].join('\n\n');
          expect(problemsOf(markdown)).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves ordinary words as they are', () => {
    expect(text('log_loss is at most 0.5 (of 3)')).toBe('log_loss is at most 0.5 (of 3)');
    expect(code('origin = ORD')).toBe('`origin = ORD`');
    expect(prose('the column `late` is new')).toBe('the column <code>late</code> is new');
    expect(code('')).toBe('(empty)');
  });

  it('shows what would hide', () => {
    expect(text('a\u202eb\u0000c\ud800')).toBe('a\ufffdb c\ufffd');
    expect(text('z\u0301\u0301\u0301\u0301\u0301')).toBe('z\u0301\u0301\u0301');
  });

  it('clips by characters, never within one', () => {
    expect(clip('👩👩👩👩', 3)).toBe('👩👩…');
    expect(clipMiddle('abcdefghij', 7)).toBe('abcd…ij');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 4, max: 30 }), (value, longest) => {
        expect(Array.from(clip(value, longest)).length).toBeLessThanOrEqual(longest);
        expect(Array.from(clipMiddle(value, longest)).length).toBeLessThanOrEqual(longest);
      }),
    );
  });

  it('lets long words break, so that a table does not grow', () => {
    const longest = (markdown: string): number =>
      Math.max(
        ...markdown
          .replaceAll('<wbr>', ' ')
          .replace(/<[^>]*>/g, ' ')
          .split(/\s/)
          .map((word) => word.length),
      );
    expect(longest(text('x'.repeat(200)))).toBeLessThanOrEqual(14);
    expect(longest(code('a_long_identifier_that_goes_on_and_on'))).toBeLessThanOrEqual(22);
  });

  it('links to web addresses only', () => {
    expect(link('run', 'https://github.com/a?b=1&c="2"')).toBe('<a href="https://github.com/a?b=1&amp;c=%222%22">run</a>');
    for (const address of ['javascript:alert(1)', 'data:text/html,x', 'https://u:p@host/', '//host/x', 'not an address', '']) {
      expect(link('run', address)).toBe('run');
    }
    expect(safeAddress('https://x/a|b*[c](d)_e_')).toBe('https://x/a%7Cb%2A%5Bc%5D%28d%29_e_');
    expect(sameHost('https://github.com/x', 'https://github.com/y')).toBe('https://github.com/x');
    expect(sameHost('https://github.com.evil.example/x', 'https://github.com/y')).toBeUndefined();
  });

  it('gives Mermaid nothing to read', () => {
    fc.assert(
      fc.property(hostileText, (value) => {
        expect(mermaidText(value)).toMatch(/^"[^"`<>#;&@[\]{}|\\\n\r]+"$/);
        expect(mermaidText(value)).not.toContain('%%');
      }),
    );
  });

  it('refuses a table cell that nobody escaped', () => {
    expect(() => table([{ head: 'a' }], [['x | y']])).toThrow(/not escaped/);
    expect(() => table([{ head: 'a' }], [['x\ny']])).toThrow(/not escaped/);
    expect(() => table([{ head: 'a' }], [['x', 'y']])).toThrow(/cells/);
  });
});
