import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseBins } from '../../../../shared/data/profile/bins.js';
import { describeNumbers, type ValueCounts, valueGroups } from '../../../../shared/data/profile/numbers.js';

function counted(values: readonly number[]): ValueCounts {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value + 0, (counts.get(value + 0) ?? 0) + 1);
  const different = [...counts.keys()].sort((a, b) => a - b);
  return {
    values: Float64Array.from(different),
    counts: Float64Array.from(different, (value) => counts.get(value)!),
    rows: values.length,
  };
}

const numbers = fc.oneof(
  fc.array(fc.double({ noNaN: true, min: -1e150, max: 1e150 }), { minLength: 1, maxLength: 200 }),
  fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 200 }),
  fc.array(fc.constantFrom(0, 0, 0, 0, 1, 1e-300, 1e9, 5e-324), { minLength: 1, maxLength: 200 }),
);

describe('describeNumbers', () => {
  test('agrees with the definitions on a small sample', () => {
    const profile = describeNumbers('number', counted([4, 1, 2, 2, 0, -3]), 1);
    expect(profile).toMatchObject({ min: -3, max: 4, mean: 1, infinite: 1, zeros: 1, negative: 1, outliers: 0 });
    expect(profile.sd).toBeCloseTo(Math.sqrt((9 + 0 + 1 + 1 + 1 + 16) / 5), 9);
    // R and numpy: quantile(c(-3, 0, 1, 2, 2, 4), c(.25, .5, .75)).
    const at = (p: number) => profile.quantiles.find((quantile) => quantile.p === p)!.value;
    expect([at(0.25), at(0.5), at(0.75)]).toEqual([0.25, 1.5, 2]);
  });

  test('counts every row once in its histogram, whatever the values', () => {
    fc.assert(
      fc.property(numbers, fc.constantFrom('number' as const, 'integer' as const, 'timestamp' as const), (values, type) => {
        const { histogram, min, max, mean } = describeNumbers(type, counted(values), 0);
        expect(histogram.counts.reduce((sum, count) => sum + count, histogram.below + histogram.above)).toBe(values.length);
        expect(histogram.counts.length).toBeLessThan(100);
        expect(histogram.step).toBeGreaterThan(0);
        expect(mean).toBeGreaterThanOrEqual(min - 1e-9 * Math.abs(min));
        expect(mean).toBeLessThanOrEqual(max + 1e-9 * Math.abs(max));
      }),
    );
  });

  test('finds what is far out', () => {
    const values = [...Array.from({ length: 100 }, (_, index) => index % 10), 100, -100];
    expect(describeNumbers('integer', counted(values), 0).outliers).toBe(2);
  });
});

describe('chooseBins', () => {
  test('gives whole numbers a bin each where they are few', () => {
    expect(chooseBins('integer', { min: 1, max: 12, low: 1, high: 12 })).toEqual({ from: 1, step: 1, count: 12 });
  });

  test('cuts long tails only', () => {
    const bins = chooseBins('number', { min: 0, max: 1000, low: 0, high: 10 });
    expect(bins.from + bins.step * bins.count).toBeLessThan(12);
    expect(chooseBins('number', { min: 0, max: 12, low: 0, high: 10 }).from).toBe(0);
  });

  test('takes days of the calendar for dates', () => {
    const day = 86_400e6;
    const bins = chooseBins('date', { min: 11_323 * day, max: 11_503 * day, low: 11_325 * day, high: 11_501 * day });
    expect(bins).toEqual({ from: 11_323 * day, step: 7 * day, count: 26 });
  });
});

describe('valueGroups', () => {
  test('are in order, do not overlap and hold every value', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 30 }), (values, fewest) => {
        const counts = counted(values);
        const groups = valueGroups(counts, 20, fewest);
        for (const [index, { low, high }] of groups.entries()) {
          expect(low).toBeLessThanOrEqual(high);
          if (index > 0) expect(low).toBeGreaterThan(groups[index - 1]!.high);
        }
        expect(groups[0]!.low).toBe(counts.values[0]);
        expect(groups.at(-1)!.high).toBe(counts.values.at(-1));
        expect(groups.length).toBeLessThanOrEqual(40);
      }),
    );
  });

  test('tell the few others apart where one value has nearly all rows', () => {
    const values = [...new Array<number>(9000).fill(0), ...Array.from({ length: 200 }, (_, index) => index + 1)];
    const groups = valueGroups(counted(values), 20, 30);
    expect(groups[0]).toEqual({ low: 0, high: 0 });
    expect(groups).toHaveLength(7);
  });
});
