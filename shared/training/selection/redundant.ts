import type { DroppedFeature } from '../../bundle/selection.js';
import type { MatrixColumn } from '../../features/plan.js';

/** Features that tell a model nothing beyond what others tell it. */

/** Features of one value, missing included, in all training rows; and features with the values of an earlier one. */
export function uselessFeatures(columns: readonly MatrixColumn[]): DroppedFeature[] {
  const dropped: DroppedFeature[] = [];
  const kept = new Map<number, MatrixColumn[]>();
  for (const column of columns) {
    if (isConstant(column.values)) {
      dropped.push({ feature: column.name, reason: 'constant' });
      continue;
    }
    const key = fingerprint(column.values);
    const alike = kept.get(key) ?? [];
    const twin = alike.find((other) => isCategory(other) === isCategory(column) && hasSameValues(other.values, column.values));
    if (twin) dropped.push({ feature: column.name, reason: 'duplicate', of: twin.name });
    else kept.set(key, [...alike, column]);
  }
  return dropped;
}

const isCategory = ({ levels }: MatrixColumn): boolean => levels !== undefined;

const isSame = (left: number, right: number): boolean => left === right || (Number.isNaN(left) && Number.isNaN(right));

function isConstant(values: Float32Array): boolean {
  return values.every((value) => isSame(value, values[0]!));
}

function hasSameValues(left: Float32Array, right: Float32Array): boolean {
  return left.every((value, row) => isSame(value, right[row]!));
}

/** Equal for equal values; 0 and -0 are equal values, and so are all that are not a number. */
function fingerprint(values: Float32Array): number {
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  let hash = 0;
  for (const value of values) {
    float[0] = Number.isNaN(value) ? Number.NaN : value + 0;
    hash = Math.imul(hash ^ bits[0]!, 0x01000193) + 0x9e3779b9;
  }
  return hash;
}

/** Most rows that a correlation is computed on, and most products for all pairs. */
const MOST_ROWS = 20_000;
const MOST_PRODUCTS = 2e9;

/** Rows in which both features have a number; fewer say nothing of a correlation. */
const LEAST_ROWS = 30;

/**
 * Of features whose correlation (Pearson's, without its sign) is above the limit, the one that matters most stays: features are
 * taken by their importance, and one that is too much like one that was taken is dropped. Categories have no correlation.
 * @param importance a weight a column; of equals the earlier is taken first
 */
export function correlatedFeatures(
  columns: readonly MatrixColumn[],
  importance: ArrayLike<number>,
  limit: number,
): DroppedFeature[] {
  const numeric = columns
    .map((column, index) => ({ column, index, weight: importance[index]! }))
    .filter(({ column }) => !isCategory(column))
    .sort((a, b) => b.weight - a.weight || a.index - b.index);
  const rows = sampledRows(columns[0]?.values.length ?? 0, numeric.length);
  const kept: { readonly name: string; readonly values: Float64Array }[] = [];
  const dropped: DroppedFeature[] = [];
  for (const { column } of numeric) {
    const own = { name: column.name, values: Float64Array.from(rows, (row) => column.values[row]!) };
    let nearest: { name: string; value: number } | undefined;
    for (const other of kept) {
      const value = Math.abs(correlation(own.values, other.values));
      if (value > limit && value > (nearest?.value ?? 0)) nearest = { name: other.name, value };
    }
    if (nearest) dropped.push({ feature: column.name, reason: 'correlated', of: nearest.name, value: nearest.value });
    else kept.push(own);
  }
  return dropped;
}

/** Rows evenly over all of them. */
function sampledRows(rows: number, features: number): Uint32Array {
  const affordable = Math.floor(MOST_PRODUCTS / Math.max(1, (features * (features - 1)) / 2));
  const count = Math.min(rows, MOST_ROWS, Math.max(1000, affordable));
  return Uint32Array.from({ length: count }, (_, index) => Math.floor((index * rows) / count));
}

/** Pearson's, over the rows in which both are finite; 0 where it is undefined. */
function correlation(left: Float64Array, right: Float64Array): number {
  let rows = 0;
  let meanLeft = 0;
  let meanRight = 0;
  let squaresLeft = 0;
  let squaresRight = 0;
  let products = 0;
  for (let row = 0; row < left.length; row++) {
    const a = left[row]!;
    const b = right[row]!;
    if (!(Number.isFinite(a) && Number.isFinite(b))) continue;
    rows += 1;
    const fromLeft = a - meanLeft;
    const fromRight = b - meanRight;
    meanLeft += fromLeft / rows;
    meanRight += fromRight / rows;
    squaresLeft += fromLeft * (a - meanLeft);
    squaresRight += fromRight * (b - meanRight);
    products += fromLeft * (b - meanRight);
  }
  if (rows < LEAST_ROWS || !(squaresLeft > 0 && squaresRight > 0)) return 0;
  const value = products / Math.sqrt(squaresLeft * squaresRight);
  return Number.isFinite(value) ? value : 0;
}
