import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { upperTail } from '../../../shared/evaluation/binomial.js';
import { mcnemarOf, mcnemarP } from '../../../shared/evaluation/mcnemar.js';

interface Golden {
  readonly wins: number;
  readonly losses: number;
  readonly exact: number;
  readonly midp: number;
  /** The statistic and its p-value. */
  readonly corrected: readonly [number, number];
  readonly uncorrected: readonly [number, number];
}

const file = readFileSync(new URL('./golden/shares.json', import.meta.url), 'utf8');
const golden = (JSON.parse(file) as { readonly mcnemar: readonly Golden[] }).mcnemar;

/** Equal within a share of the value itself. */
function expectClose(found: number, expected: number, tolerance: number): void {
  expect(Math.abs(found - expected), `${found} for ${expected}`).toBeLessThanOrEqual(tolerance * Math.abs(expected));
}

describe('McNemar', () => {
  test.each(golden)('$wins for the better and $losses for the worse: statsmodels’ p in all forms', (item) => {
    expectClose(mcnemarP(item, 1), item.exact, 1e-10);
    expectClose(mcnemarP(item, 0.5), item.midp, 1e-10);
    const { exactP, corrected, uncorrected } = mcnemarOf(item)!;
    expectClose(exactP, item.exact, 1e-10);
    for (const [found, [statistic, p]] of [[corrected, item.corrected] as const, [uncorrected, item.uncorrected] as const]) {
      expectClose(found.statistic, statistic, 1e-14);
      expectClose(found.p, p, 1e-9);
    }
  });

  test('is none of no rows, and does not know which model is which', () => {
    expect(mcnemarOf({ wins: 0, losses: 0 })).toBeUndefined();
    expect(mcnemarOf({ wins: 121, losses: 59 })).toEqual(mcnemarOf({ wins: 59, losses: 121 }));
  });

  test('the mid-p keeps the level of 5 % for any share of rows that change', () => {
    // Given the number of changes it may be 7.7 % (16 changes); which number it is, is chance as well.
    const size = (changes: number): number => {
      let sum = 0;
      for (let wins = 0; wins <= changes; wins++) {
        const p = mcnemarP({ wins, losses: changes - wins }, 0.5);
        if (p < 0.05) sum += upperTail(wins, changes, 0.5, 1) - (wins < changes ? upperTail(wins + 1, changes, 0.5, 1) : 0);
      }
      return sum;
    };
    const sizes = Array.from({ length: 160 }, (_, changes) => size(changes));
    for (let expected = 1; expected <= 100; expected += 0.5) {
      let poisson = Math.exp(-expected);
      let level = 0;
      for (const [changes, given] of sizes.entries()) {
        level += poisson * given;
        poisson *= expected / (changes + 1);
      }
      expect(level).toBeLessThan(0.05);
    }
  });
});
