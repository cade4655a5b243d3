import { expect, test } from 'vitest';
import { parseDuration } from '../../../shared/core/duration.js';

test('reads durations as the spec writes them, and nothing else', () => {
  expect(['250ms', '30s', '5m', '1.5h', '7d', '2w', '0s'].map(parseDuration)).toEqual([
    250, 30_000, 300_000, 5_400_000, 604_800_000, 1_209_600_000, 0,
  ]);
  expect(['', '5', 's', '-1s', '5 m', '5min', '1e3s'].map(parseDuration)).toEqual(Array(7).fill(undefined));
});
