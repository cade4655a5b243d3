import type { CountedNumbers } from './methods.js';

/**
 * The test of Anderson and Darling for two samples, in the form for ties (Scholz and Stephens 1987, equation 7): their
 * statistic, normalised, and a p-value between the percentage points that they tabulate, as scipy's `anderson_ksamp` has it.
 */

/** Their table: b0, b1, b2 of each share. With two samples the point is b0 + b1 + b2. */
const TABLE: readonly (readonly [share: number, ...coefficients: readonly number[]])[] = [
  [0.25, 0.675, -0.245, -0.105],
  [0.1, 1.281, 0.25, -0.305],
  [0.05, 1.645, 0.678, -0.362],
  [0.025, 1.96, 1.149, -0.391],
  [0.01, 2.326, 1.822, -0.396],
  [0.005, 2.573, 2.364, -0.345],
  [0.001, 3.085, 3.615, -0.154],
];

const POINTS = TABLE.map(([share, ...coefficients]) => ({ share, point: coefficients.reduce((sum, one) => sum + one) }));

/**
 * @returns the p-value; the table ends at 0.25 and at 0.001, and values beyond are these; 1 where there is nothing to compare
 */
export function andersonTwoSample(a: CountedNumbers, b: CountedNumbers): number {
  const statistic = normalisedStatistic(a, b);
  if (statistic === undefined) return 1;
  const [first, last] = [POINTS[0]!, POINTS.at(-1)!];
  if (statistic < first.point) return first.share;
  if (statistic > last.point) return last.share;
  const [constant, linear, square] = curve;
  return Math.exp(constant + linear * statistic + square * statistic ** 2);
}

/** Undefined with fewer than four rows, or two values: then it has no variance. */
function normalisedStatistic(a: CountedNumbers, b: CountedNumbers): number | undefined {
  const sides = [a, b].map((side) => ({ ...side, rows: Array.from(side.counts).reduce((sum, count) => sum + count, 0) }));
  const rows = sides.reduce((sum, side) => sum + side.rows, 0);
  const values = Float64Array.from(new Set([a, b].flatMap((side) => Array.from(side.values)))).sort();
  if (rows < 4 || values.length < 2) return undefined;
  const at = [0, 0];
  const below = [0, 0];
  let total = 0;
  for (const value of values) {
    const equal = sides.map(({ values: own, counts }, index) => {
      const place = at[index]!;
      if (own[place] !== value) return 0;
      at[index] = place + 1;
      return counts[place]!;
    });
    const together = equal[0]! + equal[1]!;
    const middle = below[0]! + below[1]! + together / 2;
    const spread = middle * (rows - middle) - (rows * together) / 4;
    for (const [index, side] of sides.entries()) {
      const own = below[index]! + equal[index]! / 2;
      total += ((together / rows) * (rows * own - middle * side.rows) ** 2) / spread / side.rows;
      below[index]! += equal[index]!;
    }
  }
  const statistic = (total * (rows - 1)) / rows;
  return (statistic - 1) / Math.sqrt(variance(rows, 1 / sides[0]!.rows + 1 / sides[1]!.rows));
}

/** Of the statistic of two samples without ties (equation 4). @param inverses the sum of 1 / n over the sides */
function variance(rows: number, inverses: number): number {
  let harmonic = 0;
  let double = 0;
  for (let index = 2; index < rows; index++) {
    harmonic += 1 / (rows + 1 - index);
    double += harmonic / index;
  }
  const [k, h, g] = [2, harmonic + 1, double];
  const cubic = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverses;
  const squared = (2 * g - 4) * k ** 2 + 8 * h * k + (2 * g - 14 * h - 4) * inverses - 8 * h + 4 * g - 6;
  const simple = (6 * h + 2 * g - 2) * k ** 2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverses + 4 * h;
  const constant = (2 * h + 6) * k ** 2 - 4 * h * k;
  return (cubic * rows ** 3 + squared * rows ** 2 + simple * rows + constant) / ((rows - 1) * (rows - 2) * (rows - 3));
}

/** The parabola nearest to the logarithms of the shares (least squares). */
const curve = nearestParabola(POINTS.map(({ point, share }) => [point, Math.log(share)]));

function nearestParabola(points: readonly (readonly [x: number, y: number])[]): [number, number, number] {
  const moment = (power: number, of: (y: number) => number = () => 1): number =>
    points.reduce((sum, [x, y]) => sum + x ** power * of(y), 0);
  const rows = [0, 1, 2].map((row) => [...[0, 1, 2].map((column) => moment(row + column)), moment(row, (y) => y)]);
  // Gauss; the matrix of the moments is positive, so that no pivot is 0.
  for (let pivot = 0; pivot < 3; pivot++) {
    for (let row = 0; row < 3; row++) {
      if (row === pivot) continue;
      const factor = rows[row]![pivot]! / rows[pivot]![pivot]!;
      rows[row] = rows[row]!.map((value, column) => value - factor * rows[pivot]![column]!);
    }
  }
  return [0, 1, 2].map((row) => rows[row]![3]! / rows[row]![row]!) as [number, number, number];
}
