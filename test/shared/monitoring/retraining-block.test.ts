import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatBlock, parseBlock, retrainMarker } from '../../../shared/monitoring/retraining-block.js';

const block = { run: 17, at: '2026-06-01T04:17:00.000Z', data: `sha256:${'a'.repeat(64)}` };

test('is read as it was written, wherever it stands in a text', () => {
  const body = `${retrainMarker('churn')}\nWords of people.\r\n${formatBlock(block)}\nMore words`;
  expect(parseBlock(body)).toEqual(block);
  expect(formatBlock(block)).toMatch(/^<!-- mlops-actions:retrain \{[^<>\n]*\} -->$/);
});

test('that somebody has edited, or that is none, is none', () => {
  for (const text of [
    '',
    'words',
    formatBlock(block).replace('17', '-17'),
    formatBlock(block).replace('"run"', '"walk"'),
    formatBlock(block).replace('sha256', 'md5'),
    formatBlock(block).replace('2026', 'soon'),
    formatBlock(block).replace('}', ''),
    ` ${formatBlock(block)}`,
  ])
    expect(parseBlock(text)).toBeUndefined();
});

test('any text gives a block or none, and never an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      for (const whole of [text, `<!-- mlops-actions:retrain ${text} -->`]) {
        const found = parseBlock(whole);
        if (found) expect(parseBlock(formatBlock(found))).toEqual(found);
      }
    }),
    { numRuns: 500 },
  );
});

test('holds nothing that could end its comment', () => {
  expect(() => formatBlock({ ...block, data: '--> <script>' })).toThrow();
});
