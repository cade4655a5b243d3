import type { Explanation } from '../bundle/explanation.js';
import type { Matrix } from '../features/plan.js';
import type { Contributions, TrainedModel } from './trainer.js';

type Explain = NonNullable<TrainedModel['explain']>;

/** Rows that are explained: so many, but no more work than this (a fraction of a second), and some in any case. */
const MOST_ROWS = 200;
const LEAST_ROWS = 20;
const MOST_WORK = 1e8;

/** Numbers of single rows that are kept; the means are of all. */
const MOST_KEPT = 20_000;

/** How many rows are explained, at most. */
export function rowsToExplain({ work }: Explain): number {
  return Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.floor(MOST_WORK / Math.max(1, work))));
}

/**
 * Explains rows.
 * @param ids of the rows
 * @param classes of the model; empty for regression
 */
export function explainRows(explain: Explain, matrix: Matrix, ids: readonly string[], classes: readonly string[]): Explanation {
  const given = explain.contributions(matrix);
  const { rows, outputs, columns, base, values } = given;
  const means = new Float64Array(columns);
  for (let at = 0; at < values.length; at++) means[at % columns]! += Math.abs(values[at]!) / Math.max(1, rows * outputs);
  const order = Array.from(means.keys()).sort((a, b) => means[b]! - means[a]! || a - b);
  const kept = Math.min(rows, Math.floor(MOST_KEPT / Math.max(1, outputs * columns)));
  return {
    scale: explain.scale,
    rows,
    outputs: outputs > 1 ? classes : [],
    base: Array.from(base, short),
    features: order.map((column) => {
      const trend = outputs === 1 ? trendOf(matrix, column, given) : undefined;
      return {
        feature: matrix.columns[column]!.name,
        mean: short(means[column]!),
        ...(trend !== undefined && { trend: short(trend) }),
      };
    }),
    sample: Array.from({ length: kept }, (_, row) => {
      const own = Array.from({ length: outputs }, (_, output) =>
        values.subarray((row * outputs + output) * columns, (row * outputs + output + 1) * columns),
      );
      return {
        row: ids[row]!,
        score: own.map((of, output) => short(of.reduce((sum, value) => sum + value, base[output]!))),
        contributions: own.map((of) => order.map((column) => short(of[column]!))),
      };
    }),
  };
}

/** Six digits are more than the values are good for. */
function short(value: number): number {
  return Number(value.toPrecision(6));
}

/** Pearson's correlation of a number and what it adds; undefined for categories and where one of the two is constant. */
function trendOf(matrix: Matrix, column: number, { rows, columns, values }: Contributions): number | undefined {
  const { values: numbers, levels } = matrix.columns[column]!;
  if (levels !== undefined) return undefined;
  let [count, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    if (!Number.isFinite(numbers[row]!)) continue;
    count++;
    const dx = numbers[row]! - x;
    const dy = values[row * columns + column]! - y;
    x += dx / count;
    y += dy / count;
    xx += dx * (numbers[row]! - x);
    yy += dy * (values[row * columns + column]! - y);
    xy += dx * (values[row * columns + column]! - y);
  }
  const trend = xy / Math.sqrt(xx * yy);
  return Number.isFinite(trend) ? Math.min(1, Math.max(-1, trend)) : undefined;
}
