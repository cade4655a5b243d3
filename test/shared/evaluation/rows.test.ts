import { expect, test } from 'vitest';
import { PARTS } from '../../../shared/data/table.js';
import { commonRows } from '../../../shared/evaluation/rows.js';

const parts = (text: string): number[] => text.split(' ').map((part) => PARTS.indexOf(part as (typeof PARTS)[number]));

test('only labelled rows that both models held out judge, and every other row is counted once', () => {
  const candidateParts = parts('test test train test test test validation test');
  const championParts = parts('test train test validation test calibration test test');
  const labels = { task: 'binary', classes: ['no', 'yes'], values: Int32Array.of(0, 1, 1, 1, -1, -1, 0, 1) } as const;
  const { rows, counts } = commonRows({ candidateParts, championParts, labels });
  expect([...rows]).toEqual([0, 7]);
  expect(counts).toEqual({ test: 6, used: 2, seenByChampion: 3, unlabelled: 1 });
});

test('one model by itself; a number that is not finite is no label', () => {
  const labels = { task: 'regression', values: Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 4) } as const;
  const { rows, counts } = commonRows({ candidateParts: Uint8Array.from(parts('test test test train')), labels });
  expect([...rows]).toEqual([0]);
  expect(counts).toEqual({ test: 3, used: 1, seenByChampion: 0, unlabelled: 2 });
});
