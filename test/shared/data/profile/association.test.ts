import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  adjustedCorrelationRatio,
  cramersV,
  pearson,
  rankingAuc,
  ranks,
  uncertaintyCoefficient,
} from '../../../../shared/data/profile/association.js';

const table = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }))
  .chain(([groups, classes]) =>
    fc.array(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: classes, maxLength: classes }), {
      minLength: groups,
      maxLength: groups,
    }),
  )
  .filter((rows) => rows.flat().some((count) => count > 0));

describe('measures of a table of counts', () => {
  test('lie in [0, 1] and do not depend on the order of groups', () => {
    fc.assert(
      fc.property(table, (rows) => {
        for (const measure of [uncertaintyCoefficient, rankingAuc, cramersV]) {
          const value = measure(rows);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
          expect(measure(rows.toReversed())).toBeCloseTo(value, 12);
        }
        expect(rankingAuc(rows)).toBeGreaterThanOrEqual(0.5 - 1e-12);
      }),
    );
  });

  test('know a column that decides the class, and one that says nothing', () => {
    const decides = [
      [5000, 0],
      [0, 3000],
    ];
    const nothing = [
      [500, 300],
      [5000, 3000],
    ];
    expect(uncertaintyCoefficient(decides)).toBeCloseTo(1, 3);
    expect([rankingAuc(decides), cramersV(decides)]).toEqual([1, 1]);
    expect([uncertaintyCoefficient(nothing), cramersV(nothing)]).toEqual([0, 0]);
    expect(rankingAuc(nothing)).toBeCloseTo(0.5, 12);
  });

  test('agree with numbers worked out by hand', () => {
    // Rates 0.8, 0.5, 0.1: pairs won = 8·(5+9) + 5·9, ties = 8·2 + 5·5 + 1·9, of 14·16.
    const rows = [
      [2, 8],
      [5, 5],
      [9, 1],
    ];
    expect(rankingAuc(rows)).toBeCloseTo((8 * 14 + 5 * 9 + (16 + 25 + 9) / 2) / (14 * 16), 12);
    // chi2 = 9.8839..., of which (r-1)(c-1)/(n-1) = 2/29 a row is bias.
    const expected = rows.flatMap((row) => row.map((count, k) => ({ count, expected: (10 * [16, 14][k]!) / 30 })));
    const chi2 = expected.reduce((sum, cell) => sum + (cell.count - cell.expected) ** 2 / cell.expected, 0);
    const dimension = Math.min(3 - 4 / 29, 2 - 1 / 29) - 1;
    expect(cramersV(rows)).toBeCloseTo(Math.sqrt((chi2 / 30 - 2 / 29) / dimension), 12);
  });
});

describe('the adjusted correlation ratio', () => {
  const moments = (values: readonly number[]) => ({
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    squares: values.reduce((sum, value) => sum + value * value, 0),
  });

  test('is one less the ratio of the mean squares', () => {
    // SSW = 2 + 2 with 6 - 2 degrees, SST = 17.5 with 5.
    expect(adjustedCorrelationRatio([moments([-3, -2, -1]), moments([1, 2, 3])])).toBeCloseTo(1 - 4 / 4 / (28 / 5), 12);
  });

  test('is 0 without a difference, and without variance', () => {
    expect(adjustedCorrelationRatio([moments([1, -1]), moments([1, -1])])).toBe(0);
    expect(adjustedCorrelationRatio([moments([0, 0]), moments([0, 0, 0])])).toBe(0);
    expect(adjustedCorrelationRatio([moments([2])])).toBe(0);
  });
});

describe('correlations', () => {
  test('ranks share the mean of theirs among equals', () => {
    expect([...ranks(Float64Array.of(3, 1, 3, 2, 3))]).toEqual([4, 1, 4, 2, 4]);
  });

  test('do not change with scale and origin, and turn with the sign', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 })), { minLength: 3 }),
        (pairs) => {
          const x = pairs.map(([a]) => a);
          const y = pairs.map(([, b]) => b);
          const r = pearson(x, y);
          const moved = pearson(
            x.map((value) => 3 * value + 7),
            y.map((value) => -value),
          );
          if (Number.isNaN(r)) expect(moved).toBeNaN();
          else expect(moved).toBeCloseTo(-r, 9);
        },
      ),
    );
  });

  test('are unknown where a side is constant', () => {
    expect(pearson([0.1, 0.1, 0.1], [1, 2, 3])).toBeNaN();
  });
});
