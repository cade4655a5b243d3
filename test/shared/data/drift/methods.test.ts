import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hellinger, wassersteinOfValues } from '../../../../shared/data/drift/distances.js';
import { effectiveRows, exactTwoSample, kolmogorovTail } from '../../../../shared/data/drift/kolmogorov.js';
import {
  type CountedLevels,
  type CountedNumbers,
  type DriftMethod,
  driftByMethod,
  isDrift,
  METHOD_FACTS,
} from '../../../../shared/data/drift/methods.js';
import { chiSquare } from '../../../../shared/data/drift/rows.js';
import { benjaminiHochberg, chiSquareTail } from '../../../../shared/data/drift/tails.js';
import { holm } from '../../../../shared/evaluation/statistics.js';

type Side = readonly [count: number, step: number, modulus: number, shift: number];

/** What the real package says of these samples (golden/drift-methods.py). */
interface Golden {
  numbers: {
    name: string;
    reference?: number[];
    current?: number[];
    moduli?: [Side, Side];
    expected: Partial<Record<DriftMethod, number>>;
  }[];
  values: {
    name: string;
    reference: Record<string, number>;
    current: Record<string, number>;
    expected: Partial<Record<DriftMethod, number | null>>;
  }[];
  kolmogorov: { n: number; m: number; d: number; exact: number; asymptotic: number }[];
  kstwo: [n: number, d: number, tail: number][];
}

const METHODS = Object.keys(METHOD_FACTS) as DriftMethod[];

const golden = JSON.parse(
  readFileSync(new URL('../golden/drift-methods.json', import.meta.url), 'utf8').replaceAll(':NaN', ':null'),
) as Golden;

function numbers(values: readonly number[]): CountedNumbers {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts.keys()].sort((a, b) => a - b);
  const whole = values.every(Number.isInteger);
  return { kind: 'numbers', values: sorted, counts: sorted.map((value) => counts.get(value)!), whole };
}

const levels = (counts: Readonly<Record<string, number>>): CountedLevels => ({
  kind: 'levels',
  counts: new Map(Object.entries(counts)),
});

const spread = ([count, step, modulus, shift]: Side): number[] =>
  Array.from({ length: count }, (_, index) => ((index * step) % modulus) / modulus + shift);

const near = (found: number, expected: number, relative = 1e-9): void =>
  expect(Math.abs(found - expected), `${found} for ${expected}`).toBeLessThanOrEqual(relative * Math.abs(expected) + 1e-14);

describe("Evidently's methods", () => {
  test.each(golden.numbers)('of numbers: $name', ({ reference, current, moduli, expected }) => {
    const sides = moduli ? moduli.map(spread) : [reference!, current!];
    for (const [method, value] of Object.entries(expected)) {
      near(driftByMethod(method as DriftMethod, numbers(sides[0]!), numbers(sides[1]!)), value, 1e-6);
    }
  });

  test.each(golden.values)('of values: $name', ({ reference, current, expected }) => {
    for (const [method, value] of Object.entries(expected)) {
      // Of a single value scipy's χ² is no number: nothing can have changed.
      near(driftByMethod(method as DriftMethod, levels(reference), levels(current)), value ?? 1);
    }
  });

  test('speak of drift from their thresholds on', () => {
    expect(METHODS.map((method) => METHOD_FACTS[method].threshold)).toEqual([0.05, 0.1, 0.1, 0.1, 0.05, 0.1, 0.05]);
    expect([isDrift('psi', 0.1, 0.1), isDrift('ks', 0.05, 0.05), isDrift('chi2', 0.05, 0.05)]).toEqual([true, true, false]);
  });

  test('take what they can, and need rows on both sides', () => {
    expect(() => driftByMethod('ks', levels({ a: 1 }), levels({ a: 1 }))).toThrow('ks takes numbers');
    expect(() => driftByMethod('psi', numbers([]), numbers([1]))).toThrow('a side has no value');
  });

  test('say of a sample against itself that nothing has changed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1 }),
        (list) => {
          const side = numbers(list.map((value) => value + 0));
          for (const method of METHODS) {
            const isP = METHOD_FACTS[method].gives === 'p-value';
            const found = driftByMethod(method, side, side);
            // Its table ends there.
            if (method === 'anderson') expect(found).toBeGreaterThanOrEqual(0.25);
            else expect(found).toBeCloseTo(isP ? 1 : 0, 9);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('the test of Kolmogorov and Smirnov', () => {
  test.each(golden.kolmogorov)('of $n and $m values that differ by $d', ({ n, m, d, exact, asymptotic }) => {
    near(exactTwoSample(n, m, d), exact, 1e-9);
    near(kolmogorovTail(effectiveRows(n, m), d), asymptotic, 1e-5);
  });

  test.each(golden.kstwo)('of %i values against a distribution, off by %d', (n, d, tail) => {
    // Beyond 140 values scipy takes the series of Pelz and Good, and ours is the exact one up to 5,000.
    near(kolmogorovTail(n, d), tail, n > 140 ? 1e-5 : 1e-6);
  });
});

describe('published vectors', () => {
  const [a, b] = [20, 15].map((count, side) => numbers(Array.from({ length: count }, (_, i) => 0.1 * i + 0.35 * side)));

  test('of two samples', () => {
    expect(driftByMethod('ks', a!, b!)).toBeCloseTo(0.8343254292048632, 12);
    expect(kolmogorovTail(effectiveRows(20, 15), 0.2)).toBeCloseTo(0.7983181159494197, 12);
    expect(wassersteinOfValues(a!, b!)).toBeCloseTo(0.15, 12);
    expect(driftByMethod('wasserstein', a!, b!)).toBeCloseTo(0.26013299085723596, 12);
  });

  test('of six counts: a test of two samples, and the goodness of fit that leaves out the noise of the reference', () => {
    const [reference, current] = [
      [16, 18, 16, 14, 12, 12],
      [16, 16, 16, 16, 16, 8],
    ];
    const { statistic, degrees } = chiSquare(reference!, current!);
    expect(statistic).toBeCloseTo(1.6224089635854342, 12);
    expect(degrees).toBe(5);
    expect(chiSquareTail(statistic, degrees)).toBeCloseTo(0.8985262394026607, 12);
    const side = (counts: readonly number[]): CountedLevels => levels(Object.fromEntries(counts.entries()));
    expect(driftByMethod('chi2', side(reference!), side(current!))).toBeCloseTo(0.67309, 5);
    const shares = (counts: readonly number[]): number[] => counts.map((count) => count / 88);
    expect(hellinger(shares(reference!), shares(current!))).toBeCloseTo(0.06812, 4);
  });

  test('of two samples of strengths, by Anderson and Darling', () => {
    const sides = [
      [38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0],
      [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8],
    ].map(numbers);
    expect(driftByMethod('anderson', sides[0]!, sides[1]!)).toBeCloseTo(0.0635, 4);
  });

  test('of many p-values: one is below 0.05 by Bonferroni, by Holm, and by Benjamini and Hochberg', () => {
    const { p } = (
      JSON.parse(readFileSync(new URL('../golden/drift.json', import.meta.url), 'utf8')) as { bh: { p: number[] } }
    ).bh;
    const below = (adjusted: readonly number[]): number => adjusted.filter((one) => one < 0.05).length;
    expect([below(p.map((one) => one * p.length)), below(holm(p)), below(benjaminiHochberg(p))]).toEqual([1, 1, 1]);
  });
});
