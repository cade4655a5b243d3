import type { Random } from '../../core/random.js';
import { type Grouped, sum } from './groups.js';
import { chiSquareTail } from './tails.js';

/** Tests for rows that do not depend on each other. */

/** What a test of "both sides are alike" found. */
export interface TestResult {
  readonly pValue: number;
  /**
   * `chi-square`: of the table of groups by sides; `Monte Carlo`: the same statistic where numbers are too small for its tables;
   * `blocks`: whole blocks change sides (blocks.ts); `t`: there are too few blocks for that.
   */
  readonly method: 'chi-square' | 'Monte Carlo' | 'blocks' | 't';
}

/** From so many expected rows in every group on, the table of χ² is as good as exact. */
const LARGE_EXPECTED = 10;

/** Draws at most, and rows drawn at most in one: then rare groups are put together instead. */
export const MOST_DRAWS = 9_999;
const MOST_DRAWN_ROWS = 20_000;

/** A test that has met so many draws as extreme as the data knows its p-value well enough (Besag and Clifford 1991). */
const ENOUGH_EXTREME = 20;

/** Pearson's χ² of two samples by group: Σ (observed − expected)² / expected over both. */
export function chiSquare(reference: readonly number[], current: readonly number[]): { statistic: number; degrees: number } {
  const [n, m] = [sum(reference), sum(current)];
  let statistic = 0;
  let groups = 0;
  for (let group = 0; group < reference.length; group++) {
    const [a, b] = [reference[group]!, current[group]!];
    if (a + b === 0) continue;
    groups++;
    // Both expected numbers together: (a·m − b·n)² / (n·m·(a + b)).
    statistic += (a * m - b * n) ** 2 / (n * m * (a + b));
  }
  return { statistic, degrees: groups - 1 };
}

/** @returns undefined when there is nothing to compare: a side without rows, or a single group */
export function testRows(grouped: Grouped, random: Random): TestResult | undefined {
  const { reference, current } = grouped;
  const [n, m] = [sum(reference), sum(current)];
  if (n === 0 || m === 0) return undefined;
  const smaller = Math.min(n, m);
  const isSmall = reference.some((count, group) => {
    const both = count + current[group]!;
    return both > 0 && (both * smaller) / (n + m) < LARGE_EXPECTED;
  });
  if (isSmall && smaller <= MOST_DRAWN_ROWS) return drawTest(reference, current, random);
  const [a, b] = isSmall ? withoutRare(reference, current) : [reference, current];
  const { statistic, degrees } = chiSquare(a, b);
  return degrees < 1 ? undefined : { pValue: chiSquareTail(statistic, degrees), method: 'chi-square' };
}

/** Rare groups together, and with the next larger one where they are rare even so. */
function withoutRare(reference: readonly number[], current: readonly number[]): [number[], number[]] {
  const all = sum(reference) + sum(current);
  const share = Math.min(sum(reference), sum(current)) / all;
  const order = reference.map((count, group) => ({ group, both: count + current[group]! })).sort((x, y) => x.both - y.both);
  const [a, b]: [number[], number[]] = [[], []];
  let [inA, inB] = [0, 0];
  for (const { group } of order) {
    inA += reference[group]!;
    inB += current[group]!;
    if ((inA + inB) * share < LARGE_EXPECTED) continue;
    a.push(inA);
    b.push(inB);
    [inA, inB] = [0, 0];
  }
  if (inA + inB > 0) {
    a.push(inA);
    b.push(inB);
  }
  return [a, b];
}

/** The exact test: the smaller side's rows are drawn anew from all rows, as if sides meant nothing. */
function drawTest(reference: readonly number[], current: readonly number[], random: Random): TestResult | undefined {
  // Large groups first: they are met first when a row is looked up.
  const pooled = reference
    .map((count, group) => ({ both: count + current[group]!, current: current[group]!, reference: count }))
    .filter(({ both }) => both > 0)
    .sort((a, b) => b.both - a.both);
  if (pooled.length < 2) return undefined;
  const [n, m] = [sum(reference), sum(current)];
  const drawn = Math.min(n, m);
  const totals = pooled.map(({ both }) => both);
  // With the margins fixed, χ² grows with Σ x² / total alone, x being the rows of one side.
  const statisticOf = (rows: ArrayLike<number>): number => {
    let statistic = 0;
    for (let group = 0; group < totals.length; group++) statistic += rows[group]! ** 2 / totals[group]!;
    return statistic;
  };
  const found = statisticOf(pooled.map((group) => (m <= n ? group.current : group.reference)));
  const left = new Float64Array(totals.length);
  const rows = new Float64Array(totals.length);
  return {
    method: 'Monte Carlo',
    pValue: monteCarlo(() => {
      left.set(totals);
      rows.fill(0);
      for (let row = 0; row < drawn; row++) {
        let at = Math.floor(random.uniform() * (n + m - row));
        let group = 0;
        while (at >= left[group]!) at -= left[group++]!;
        left[group]!--;
        rows[group]!++;
      }
      return statisticOf(rows) >= found * (1 - 1e-12);
    }),
  };
}

/**
 * The share of draws that are as extreme as the data, which counts as one of them. Ends early where that is often.
 * @param draw whether one more draw is as extreme
 */
export function monteCarlo(draw: () => boolean, most = MOST_DRAWS): number {
  let extreme = 0;
  for (let draws = 1; draws <= most; draws++) {
    if (draw()) extreme++;
    if (extreme === ENOUGH_EXTREME) return extreme / draws;
  }
  return (extreme + 1) / (most + 1);
}
