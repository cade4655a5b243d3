import { describe, expect, test } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import { differenceDegrees, expandedReach, valueDegrees } from '../../../shared/evaluation/interval-degrees.js';
import { normalQuantile } from '../../../shared/evaluation/statistics.js';

/** What is left of a sum when each part is taken out of it. */
function withoutEach(parts: readonly number[]): Float64Array {
  const sum = parts.reduce((total, part) => total + part, 0);
  return Float64Array.from(parts, (part) => sum - part);
}

describe('the degrees of freedom of a spread', () => {
  test('are as many as there are units, where these are normal', () => {
    const random = new Random(1);
    const normal = Array.from({ length: 4000 }, () => normalQuantile(random.uniform()));
    expect(differenceDegrees(withoutEach(normal), 4000) / 4000).toBeCloseTo(1, 1);
    expect(valueDegrees(withoutEach(normal), 4000) / 4000).toBeCloseTo(1 / 3, 1);
  });

  test('hang on the few that differ, however many do not', () => {
    // Ten ups and ten downs of one size: d is 20.
    const few = withoutEach([...Array(10).fill(1), ...Array(10).fill(-1), ...Array(1980).fill(0)]);
    expect(valueDegrees(few, 2000)).toBeCloseTo(19, 9);
    expect(differenceDegrees(few, 2000)).toBeCloseTo(2 / (1 / 20 - 1 / 2000), 9);
    const one = withoutEach([1, ...Array(999).fill(0)]);
    expect(differenceDegrees(one, 1000)).toBeLessThan(2.1);
  });

  test('are never more than the units on which the metric hangs, and those where nothing differs', () => {
    const halves = withoutEach([...Array(50).fill(1), ...Array(50).fill(-1)]);
    expect(differenceDegrees(halves, 12)).toBe(11);
    expect(valueDegrees(halves, 12)).toBe(11);
    expect(differenceDegrees(new Float64Array(100).fill(3), 100)).toBe(99);
    expect(valueDegrees(new Float64Array(100).fill(Number.NaN), 100)).toBe(99);
  });
});

test("the reach is that of Student's t, and a little more where resamples of few units are too narrow", () => {
  expect(expandedReach(1e9, 1e9, 0.95)).toBeCloseTo(1.959964, 5);
  // scipy.stats.t.ppf(0.975, 10) = 2.228139
  expect(expandedReach(1e9, 10, 0.95)).toBeCloseTo(2.228139, 3);
  expect(expandedReach(11, 10, 0.95)).toBeCloseTo(2.228139 * Math.sqrt(1.1), 3);
  expect(expandedReach(1e9, 0.5, 0.95)).toBe(expandedReach(1e9, 4, 0.95));
});
