import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distributionOf } from '../../../../shared/data/distribution/arrays.js';
import { binRange } from '../../../../shared/data/distribution/bins.js';
import type { NumberDistribution } from '../../../../shared/data/distribution/distribution.js';
import {
  hellinger,
  jensenShannon,
  kullbackLeibler,
  largestDifference,
  populationStability,
  wasserstein,
} from '../../../../shared/data/drift/distances.js';
import { commonBins } from '../../../../shared/data/drift/groups.js';

interface Golden {
  distances: ({ p: number[]; q: number[] } & Record<'js_e' | 'js_2' | 'kl' | 'psi' | 'hellinger' | 'largest', number>)[];
  wasserstein: { a: number[]; b: number[]; distance: number }[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/drift.json', import.meta.url), 'utf8')) as Golden;

const shares = (count: number) =>
  fc
    .array(fc.integer({ min: 0, max: 1000 }), { minLength: count, maxLength: count })
    .filter((counts) => counts.some((one) => one > 0))
    .map((counts) => counts.map((one) => one / counts.reduce((sum, other) => sum + other)));

describe('distances', () => {
  test.each(golden.distances)('of $p and $q are those of scipy', ({ p, q, ...expected }) => {
    expect(jensenShannon(p, q)).toBeCloseTo(expected.js_e, 12);
    expect(jensenShannon(p, q, 2)).toBeCloseTo(expected.js_2, 12);
    expect(kullbackLeibler(p, q)).toBeCloseTo(expected.kl, 12);
    expect(populationStability(p, q)).toBeCloseTo(expected.psi, 12);
    expect(hellinger(p, q)).toBeCloseTo(expected.hellinger, 12);
    expect(largestDifference(p, q).difference).toBeCloseTo(expected.largest, 12);
  });

  test('of the published vectors', () => {
    const [p, q] = [
      [0.1, 0.4, 0.5],
      [0.8, 0.15, 0.05],
    ];
    expect(jensenShannon(p!, q!)).toBeCloseTo(0.5396858721757167, 14);
    expect(jensenShannon(p!, q!, 2)).toBeCloseTo(0.6482287947757129, 14);
    expect(kullbackLeibler(p!, q!)).toBeCloseTo(1.3356800935337299, 14);
    expect(populationStability(p!, q!)).toBeCloseTo(2.736979684276137, 14);
    expect(hellinger(p!, q!)).toBeCloseTo(0.5604412817045549, 14);
    expect(largestDifference(p!, q!)).toEqual({ bin: 0, difference: expect.closeTo(0.7, 14) });
  });

  test('are symmetric, bounded and finite, whatever is empty', () => {
    fc.assert(
      fc.property(shares(6), shares(6), (p, q) => {
        for (const distance of [(a: number[], b: number[]) => jensenShannon(a, b, 2), hellinger, populationStability]) {
          expect(distance(p, q)).toBeCloseTo(distance(q, p), 9);
          expect(Number.isFinite(distance(p, q))).toBe(true);
        }
        expect(jensenShannon(p, q, 2)).toBeLessThanOrEqual(1 + 1e-12);
        expect(hellinger(p, q)).toBeLessThanOrEqual(1 + 1e-12);
        expect(jensenShannon(p, p)).toBe(0);
      }),
    );
  });
});

describe('the Wasserstein distance', () => {
  const histogram = (values: readonly number[]): NumberDistribution =>
    distributionOf([{ name: 'x', kind: 'numbers', values: Float64Array.from(values) }], values.length)
      .columns[0] as NumberDistribution;

  test('on bins is that of the values, as nearly as bins can be', () => {
    for (const { a, b, distance } of golden.wasserstein) {
      const bins = commonBins(histogram(a), histogram(b));
      const ranges = bins.keys.map((key) => binRange(key, bins.resolution));
      const widest = Math.max(...ranges.map(({ low, high }) => high - low));
      const found = wasserstein({
        ranges,
        p: bins.reference.map((count) => count / a.length),
        q: bins.current.map((count) => count / b.length),
      });
      expect(Math.abs(found - distance), `${found} for ${distance}, bins of ${widest}`).toBeLessThanOrEqual(widest);
      expect(found).toBeCloseTo(distance, 1);
    }
  });

  test('is the move of a mass, also where the shares change sides within a bin', () => {
    const ranges = [
      { low: 0, high: 1 },
      { low: 3, high: 4 },
    ];
    expect(wasserstein({ ranges, p: [1, 0], q: [0, 1] })).toBeCloseTo(3, 12);
    expect(wasserstein({ ranges, p: [0.5, 0.5], q: [0.5, 0.5] })).toBe(0);
    const three = [...ranges, { low: 4, high: 5 }];
    expect(wasserstein({ ranges: three, p: [0.2, 0.6, 0.2], q: [0.4, 0.2, 0.4] })).toBeCloseTo(0.1 + 0.4 + 0.1 + 0.1, 12);
  });
});
