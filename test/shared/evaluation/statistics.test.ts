import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holm, normalCdf, normalQuantile, quantileOfSorted, studentQuantile } from '../../../shared/evaluation/statistics.js';

describe('normalCdf', () => {
  // scipy.stats.norm.cdf
  test.each([
    [0, 0.5],
    [1, 0.8413447460685429],
    [-1.959963984540054, 0.025],
    [2.5, 0.9937903346742238],
    [-3, 0.0013498980316300933],
    [-5, 2.866515718791933e-7],
    [-8, 6.220960574271784e-16],
    [-20, 2.7536241186062337e-89],
  ])('Φ(%d)', (z, expected) => {
    expect(Math.abs(normalCdf(z) / expected - 1)).toBeLessThan(1e-10);
    expect(normalCdf(z) + normalCdf(-z)).toBeCloseTo(1, 14);
  });

  test('is continuous and monotone where the two series meet', () => {
    expect(normalCdf(-2.9999999999)).toBeGreaterThan(normalCdf(-3.0000000001));
    expect(normalCdf(-2.9999999999) / normalCdf(-3.0000000001)).toBeCloseTo(1, 8);
  });
});

test('normalQuantile inverts normalCdf', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 11);
  expect(normalQuantile(0.5)).toBeCloseTo(0, 12);
  for (const z of [-9, -3.2, -1, 0.3, 2]) expect(normalQuantile(normalCdf(z))).toBeCloseTo(z, 9);
});

describe('studentQuantile', () => {
  // scipy.stats.t.ppf
  test.each([
    [0.975, 4, 2.7764451051977934, 0.01],
    [0.995, 4, 4.604094871349992, 0.03],
    [0.975, 9, 2.262157162798205, 2e-4],
    [0.975, 29, 2.045229642132703, 1e-5],
    [0.9, 29, 1.311433647301551, 1e-5],
    [0.975, 1000, 1.9623390808264083, 1e-9],
  ])('t(%d, %d)', (probability, degrees, expected, tolerance) => {
    expect(Math.abs(studentQuantile(probability, degrees) / expected - 1)).toBeLessThan(tolerance);
  });
});

describe('holm', () => {
  // statsmodels multipletests(method='holm'), R p.adjust(method = 'holm')
  test('known values', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[index]).toBeCloseTo(expected, 14);
    expect(holm([0.5, 0.6])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
    expect(holm([0.02])).toEqual([0.02]);
  });

  test('lies between the plain and the Bonferroni p-values, keeps their order and follows a permutation', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (pValues) => {
        const adjusted = holm(pValues);
        for (const [index, p] of pValues.entries()) {
          expect(adjusted[index]).toBeGreaterThanOrEqual(p);
          expect(adjusted[index]).toBeLessThanOrEqual(Math.min(1, p * pValues.length));
        }
        const sorted = [...pValues].sort((a, b) => a - b);
        expect([...adjusted].sort((a, b) => a - b)).toEqual(holm(sorted));
      }),
    );
  });
});

test('quantiles are numpy’s', () => {
  const sorted = Float64Array.of(1, 2, 4, 8, 16);
  expect(quantileOfSorted(sorted, 0)).toBe(1);
  expect(quantileOfSorted(sorted, 0.3)).toBeCloseTo(2.4, 14);
  expect(quantileOfSorted(sorted, 0.5)).toBe(4);
  expect(quantileOfSorted(sorted, 1)).toBe(16);
  expect(quantileOfSorted(new Float64Array(0), 0.5)).toBeNaN();
});
