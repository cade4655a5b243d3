import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binomialInterval, lowerTail, upperTail } from '../../../shared/evaluation/binomial.js';
import { mcnemarP } from '../../../shared/evaluation/mcnemar.js';
import { type PairedCounts, pairedShareBelow, pairedShareInterval } from '../../../shared/evaluation/paired-share.js';

interface Golden {
  readonly tails: readonly { successes: number; trials: number; probability: number; sf: number }[];
  readonly intervals: readonly { successes: number; trials: number; confidence: number; low: number; high: number }[];
  readonly paired: readonly (PairedCounts & { confidence: number; low: number; high: number })[];
}

const golden = JSON.parse(readFileSync(new URL('./golden/shares.json', import.meta.url), 'utf8')) as Golden;

/** Equal within a share of the value itself. */
function expectClose(found: number, expected: number, tolerance: number): void {
  expect(Math.abs(found - expected), `${found} for ${expected}`).toBeLessThanOrEqual(tolerance * Math.abs(expected));
}

describe('binomial', () => {
  test.each(golden.tails)(
    'P(X ≥ $successes) of $trials with $probability is scipy’s',
    ({ successes, trials, probability, sf }) => {
      expectClose(upperTail(successes, trials, probability, 1), sf, 1e-10);
      expectClose(lowerTail(trials - successes, trials, 1 - probability, 1), sf, 1e-10);
    },
  );

  test.each(golden.intervals)('$successes of $trials: Clopper and Pearson’s interval is statsmodels’', (item) => {
    const { low, high } = binomialInterval(item.successes, item.trials, (1 - item.confidence) / 2, 1);
    expectClose(low, item.low, 1e-9);
    expectClose(high, item.high, 1e-9);
  });

  test('mid-p intervals have their tails at their ends and lie inside Clopper and Pearson’s', () => {
    fc.assert(
      fc.property(counts(300), fc.double({ min: 0.0005, max: 0.3, noNaN: true }), ({ wins, losses }, tail) => {
        const trials = wins + losses;
        fc.pre(trials > 0);
        const { low, high } = binomialInterval(wins, trials, tail, 0.5);
        const wide = binomialInterval(wins, trials, tail, 1);
        expect(low).toBeGreaterThanOrEqual(wide.low);
        expect(high).toBeLessThanOrEqual(wide.high);
        if (wins > 0) expect(upperTail(wins, trials, low, 0.5)).toBeCloseTo(tail, 9);
        if (losses > 0) expect(lowerTail(wins, trials, high, 0.5)).toBeCloseTo(tail, 9);
      }),
    );
  });
});

describe('the interval of a paired difference', () => {
  test.each(golden.paired)('$wins and $losses of $rows: the ends solve MOVER-R’s equations', (item) => {
    const { low, high } = pairedShareInterval(item, (1 - item.confidence) / 2);
    expect(low).toBeCloseTo(item.low, 10);
    expect(high).toBeCloseTo(item.high, 10);
  });

  test('excludes 0 exactly when McNemar’s mid-p is below what the tails leave', () => {
    fc.assert(
      fc.property(counts(60), fc.double({ min: 0.001, max: 0.2, noNaN: true }), (paired, tail) => {
        const p = mcnemarP(paired, 0.5);
        fc.pre(Math.abs(p - 2 * tail) > 1e-9);
        const { low, high } = pairedShareInterval(paired, tail);
        expect(low > 0 || high < 0).toBe(p < 2 * tail);
      }),
      { numRuns: 500 },
    );
  });

  test('contains the difference, has a width, and mirrors when the models change places', () => {
    fc.assert(
      fc.property(counts(200), fc.double({ min: 0.001, max: 0.2, noNaN: true }), (paired, tail) => {
        const { rows, wins, losses } = paired;
        const { low, high } = pairedShareInterval(paired, tail);
        expect(low).toBeLessThanOrEqual((wins - losses) / rows);
        expect(high).toBeGreaterThanOrEqual((wins - losses) / rows);
        expect(high).toBeGreaterThan(low);
        expect(low).toBeGreaterThanOrEqual(-1);
        const mirrored = pairedShareInterval({ rows, wins: losses, losses: wins }, tail);
        expect([mirrored.low + high, mirrored.high + low]).toEqual([0, 0]);
      }),
    );
  });

  test('the p-value against a limit is the tail whose interval ends there', () => {
    fc.assert(
      fc.property(counts(200), fc.double({ min: 0.0005, max: 0.3, noNaN: true }), (paired, tail) => {
        const limit = pairedShareInterval(paired, tail).high;
        fc.pre(limit < 1 && Math.abs(limit) > 1e-9);
        expect(pairedShareBelow(paired, limit)).toBeCloseTo(tail, 5);
      }),
    );
    const paired = { rows: 438, wins: 2, losses: 9 };
    expect(pairedShareBelow(paired, 0)).toBeCloseTo(mcnemarP(paired, 0.5) / 2, 14);
    expect(pairedShareBelow(paired, -1e-9)).toBeCloseTo(pairedShareBelow(paired, 0), 5);
  });

  test('covers the true difference also where nearly all changes go one way', () => {
    const ends = new Map<string, { low: number; high: number }>();
    for (const [rows, share, toWin] of [
      [200, 0.1, 0.5],
      [200, 0.1, 0.8],
      [200, 0.1, 1],
      [300, 0.05, 0.95],
    ] as const) {
      const truth = share * (2 * toWin - 1);
      let missed = 0;
      for (let changes = 0; changes <= Math.ceil(rows * share * 3); changes++) {
        for (let wins = 0; wins <= changes; wins++) {
          const chance = point(changes, rows, share) * point(wins, changes, toWin);
          if (chance < 1e-9) continue;
          const key = `${rows} ${changes} ${wins}`;
          const found = ends.get(key) ?? pairedShareInterval({ rows, wins, losses: changes - wins }, 0.025);
          ends.set(key, found);
          if (truth < found.low || truth > found.high) missed += chance;
        }
      }
      expect(missed).toBeLessThan(0.055);
      expect(missed).toBeGreaterThan(0.01);
    }
  });
});

/** P(X = successes), as a difference of tails. */
function point(successes: number, trials: number, probability: number): number {
  const above = successes < trials ? upperTail(successes + 1, trials, probability, 1) : 0;
  return upperTail(successes, trials, probability, 1) - above;
}

/** Any wins and losses among some more rows. */
function counts(most: number): fc.Arbitrary<PairedCounts> {
  return fc
    .tuple(fc.nat(most), fc.nat(most), fc.nat(1000))
    .map(([wins, losses, same]) => ({ rows: wins + losses + same + 1, wins, losses }));
}
