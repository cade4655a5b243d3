import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../../shared/core/json.js';
import { hiddenBlock, readHiddenBlock } from '../../../shared/github/hidden-block.js';
import { readBlock } from '../../../shared/monitoring/retraining-block.js';

const block = { run: 17, at: '2026-06-01T04:17:00.000Z', data: `sha256:${'a'.repeat(64)}` };

test('is read as it was written into a text', () => {
  const body = `Words of people.\r\n${hiddenBlock('retrain', block)}\nMore words`;
  expect(readBlock(readHiddenBlock(body, 'retrain'))).toEqual(block);
  expect(readBlock(readHiddenBlock(body, 'monitor'))).toBeUndefined();
});

test.each([
  ['a run that is none', { ...block, run: -17 }],
  ['a time that is none', { ...block, at: 'soon' }],
  ['another digest', { ...block, data: 'md5:00' }],
  ['a key too many', { ...block, script: 'rm' }],
  ['a key too few', { run: 17 }],
])('%s makes it none', (_name, value) => {
  expect(readBlock(value)).toBeUndefined();
});

test('anything else is none, and never an error', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(readBlock(value as Json)).toBeUndefined();
    }),
  );
});
