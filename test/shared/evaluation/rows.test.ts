import { expect, test } from 'vitest';
import { OUTSIDE, PARTS } from '../../../shared/data/table.js';
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

test("rows before the champion's window are new to it; with a limit only recent rows judge", () => {
  const candidateParts = parts('test test test test train');
  const championParts = [OUTSIDE, PARTS.indexOf('test'), PARTS.indexOf('train'), PARTS.indexOf('test'), OUTSIDE];
  const labels = { task: 'regression', values: Float64Array.of(1, 2, 3, 4, 5) } as const;
  expect([...commonRows({ candidateParts, championParts, labels }).rows]).toEqual([0, 1, 3]);
  const { rows, counts } = commonRows({ candidateParts, championParts, labels, recent: [0, 0, 1, 1, 1] });
  expect([...rows]).toEqual([3]);
  expect(counts).toEqual({ test: 4, used: 1, seenByChampion: 1, older: 2, unlabelled: 0 });
});

test('one model by itself; a number that is not finite is no label', () => {
  const labels = { task: 'regression', values: Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 4) } as const;
  const { rows, counts } = commonRows({ candidateParts: Uint8Array.from(parts('test test test train')), labels });
  expect([...rows]).toEqual([0]);
  expect(counts).toEqual({ test: 3, used: 1, seenByChampion: 0, unlabelled: 2 });
});
