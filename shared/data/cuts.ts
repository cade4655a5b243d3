import { UserError } from '../core/errors.js';
import type { PartShares } from './split-rule.js';

/** Cut points on [0, 1): u < test is test, then validation, calibration, and the rest is train. */
export interface Cuts {
  readonly test: number;
  readonly validation: number;
  readonly calibration: number;
}

/**
 * Divides ordered distinct values into consecutive parts whose sizes come as near to their shares as whole values
 * allow; every part with a share gets at least one value.
 * @param ends rows up to and with each value, ascending
 * @param shares of the parts in order; they add up to 1
 * @returns for each part but the last the index of the value that the next part begins with; undefined when there are
 * fewer values than parts
 */
export function divide(ends: ArrayLike<number>, shares: readonly number[]): readonly number[] | undefined {
  const values = ends.length;
  const used = shares.filter((share) => share > 0).length;
  if (values < used) return undefined;
  const rows = ends[values - 1] ?? 0;
  const boundaries: number[] = [];
  let begin = 0;
  let left = used;
  let cumulative = 0;
  for (const share of shares.slice(0, -1)) {
    cumulative += share;
    if (share > 0) {
      left -= 1;
      begin = nearestBoundary(ends, Math.round(rows * cumulative), begin + 1, values - left);
    }
    boundaries.push(begin);
  }
  return boundaries;
}

/** The number of values in [low, high] whose rows come nearest to `target`; the smaller of two. */
function nearestBoundary(ends: ArrayLike<number>, target: number, low: number, high: number): number {
  let below = low;
  let above = high;
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (ends[middle - 1]! <= target) below = middle;
    else above = middle;
  }
  return Math.abs(ends[below - 1]! - target) <= Math.abs(ends[above - 1]! - target) ? below : above;
}

/** The cuts that shares mean when nothing is fitted. */
export function plainCuts(shares: PartShares): Cuts {
  // Rounded, so that 0.2 + 0.1 reads 0.3 in the manifest.
  const sum = (...parts: number[]): number => Number(parts.reduce((total, part) => total + part).toFixed(12));
  const { test, validation, calibration } = shares;
  return { test, validation: sum(test, validation), calibration: sum(test, validation, calibration) };
}

/**
 * Cuts at quantiles of the positions, so that each part has its share of these rows, and at least one of them. Rows of
 * one position stay together. With fewer positions than parts the plain cuts are lowered until one row is left to train.
 * @param positions on [0, 1), ascending
 */
export function fittedCuts(positions: Float64Array, shares: PartShares): Cuts {
  const { values, ends } = runs(positions);
  const train = Math.max(0, 1 - shares.test - shares.validation - shares.calibration);
  const boundaries = divide(ends, [shares.test, shares.validation, shares.calibration, train]);
  if (!boundaries) {
    const most = values.at(-1) ?? 1;
    const { test, validation, calibration } = plainCuts(shares);
    return { test: Math.min(test, most), validation: Math.min(validation, most), calibration: Math.min(calibration, most) };
  }
  const [test, validation, calibration] = boundaries.map((index) => values[index] ?? 1);
  // Nothing is below the first value, but a cut of 0 also says so of rows that are to come.
  return {
    test: shares.test > 0 ? test! : 0,
    validation: shares.test + shares.validation > 0 ? validation! : 0,
    calibration: shares.test + shares.validation + shares.calibration > 0 ? calibration! : 0,
  };
}

/** The distinct values of an ascending array, and the number of items up to and with each. */
function runs(ascending: Float64Array): { values: Float64Array; ends: Uint32Array } {
  let count = 0;
  const values = new Float64Array(ascending.length);
  const ends = new Uint32Array(ascending.length);
  for (let index = 0; index < ascending.length; index++) {
    if (index === 0 || ascending[index] !== ascending[index - 1]) values[count++] = ascending[index]!;
    ends[count - 1] = index + 1;
  }
  return { values: values.subarray(0, count), ends: ends.subarray(0, count) };
}

/** @throws UserError when nothing would be left to train */
export function checkShares(shares: PartShares, location: { file: string }): void {
  const sum = shares.test + shares.validation + shares.calibration;
  if (sum >= 1) {
    throw new UserError({
      message: `test ${shares.test}, validation ${shares.validation} and calibration ${shares.calibration} add up to ${Number(sum.toFixed(6))}; they must leave a share to train, so their sum must be below 1`,
      location,
    });
  }
}
