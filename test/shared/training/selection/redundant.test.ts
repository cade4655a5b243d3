import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import type { MatrixColumn } from '../../../../shared/features/plan.js';
import { correlatedFeatures, uselessFeatures } from '../../../../shared/training/selection/redundant.js';

const column = (name: string, values: readonly number[], levels?: number): MatrixColumn => ({
  name,
  values: Float32Array.from(values),
  ...(levels !== undefined && { levels }),
});
const NAN = Number.NaN;

describe('uselessFeatures', () => {
  it('finds constants, missing ones included, and values that an earlier feature has', () => {
    const columns = [
      column('a', [1, 2, NAN, 0]),
      column('same', [1, 2, NAN, -0]),
      column('other', [1, 2, 3, 0]),
      column('one', [5, 5, 5, 5]),
      column('none', [NAN, NAN, NAN, NAN]),
      column('once', [NAN, NAN, NAN, 1]),
      column('category', [1, 2, NAN, 0], 4),
      column('again', [1, 2, NAN, 0]),
    ];
    expect(uselessFeatures(columns)).toEqual([
      { feature: 'same', reason: 'duplicate', of: 'a' },
      { feature: 'one', reason: 'constant' },
      { feature: 'none', reason: 'constant' },
      { feature: 'again', reason: 'duplicate', of: 'a' },
    ]);
  });
});

describe('correlatedFeatures', () => {
  const random = new Random(7);
  const x = Array.from({ length: 400 }, () => random.normal());
  const near = x.map((value) => -2 * value + 0.2 * random.normal());
  const columns = [
    column('x', x),
    column(
      'near',
      near.map((value, row) => (row % 9 === 0 ? NAN : value)),
    ),
    column(
      'far',
      x.map(() => random.normal()),
    ),
    column(
      'category',
      x.map((_, row) => row % 3),
      3,
    ),
  ];

  it('keeps the more important of two, whatever the sign and with missing values', () => {
    const [dropped, ...more] = correlatedFeatures(columns, [1, 5, 0, 9], 0.9);
    expect(dropped).toMatchObject({ feature: 'x', reason: 'correlated', of: 'near' });
    expect(dropped!.value).toBeGreaterThan(0.99);
    expect(more).toEqual([]);
    expect(correlatedFeatures(columns, [5, 1, 0, 9], 0.9)).toMatchObject([{ feature: 'near', of: 'x' }]);
    expect(correlatedFeatures(columns, [1, 5, 0, 9], 0.999)).toEqual([]);
  });

  it('gives the correlation that is known of four lines of Anscombe', () => {
    // Anscombe, "Graphs in Statistical Analysis" (1973): r = 0.816 in the first set. Repeated, since 11 rows say little.
    const of = (values: readonly number[]): number[] => [...values, ...values, ...values];
    const first = column('first', of([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]));
    const second = column('second', of([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]));
    expect(correlatedFeatures([first, second], [2, 1], 0.5)[0]!.value).toBeCloseTo(0.81642, 5);
  });
});
