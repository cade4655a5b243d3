import { expect, test } from 'vitest';
import { columns, plainLines } from './terminal-text.js';

test('Markdown becomes plain lines, and its tables columns', () => {
  const markdown = [
    '<!-- hidden -->',
    '### 🟢 `model`: **better**',
    '',
    '| gate   | value |',
    '| :----- | ----: |',
    '| `auc`  |  0.71 |',
    '| min&#95;<wbr>sum \\| x | ✅ |',
    '',
    '**ROC:** candidate (blue)',
    '',
    '```mermaid',
    'xychart-beta',
    '```',
    'end \\_',
    '',
    '',
    '<details><summary><b>More</b>: 2</summary>',
    '',
    '| a |',
    '|---|',
    '',
    '</details>',
  ].join('\n');
  expect(plainLines(markdown)).toEqual([
    '🟢 model: better',
    '',
    'gate         value',
    '──────────────────',
    'auc          0.71',
    'min_sum | x  ✅',
    '',
    'end _',
    '',
    '▸ More: 2',
  ]);
});

test('columns are as wide as their widest cell, wide letters counted twice', () => {
  expect(columns([['a', 'b'], ['✅✅', 'x'], ['c']])).toEqual(['a     b', '───────', '✅✅  x', 'c']);
  expect(columns([])).toEqual([]);
});
